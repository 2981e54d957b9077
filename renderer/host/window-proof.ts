// The session of a window in the browser has two halves. The cookie is out of reach of scripts, but a browser sends it to every port of this
// machine; the proof is within reach of this page, but storage belongs to one port. Either alone opens nothing.
const KEY = 'keyway.window'
const IN_HASH = /^#window=([\w-]{1,100})~?(.*)$/s

export type WindowProof = {
  /** What to send now; empty when there is none. */
  current(): string
  /** The server took it. */
  worked(proof: string): void
  /** The session was replaced, for one that was proved; this belongs to the new one. */
  replaced(proof: string): void
  /** The server did not. True: there is another one to try. */
  refused(proof: string): boolean
}

/**
 * Takes the proof that a launch link brought out of the address. Any page can lead the browser to an address with a made-up one, so it replaces
 * the one that is kept only when it has worked.
 */
export function createWindowProof(window: Window): WindowProof {
  const { location, history } = window
  const [, brought, rest = ''] = IN_HASH.exec(location.hash) ?? []
  if (brought !== undefined) history.replaceState(null, '', rest === '' ? location.pathname : `#${rest}`)
  let offered = brought ?? null
  let kept: string | null = null
  // Read each time: another launch link opened in this browser replaces both halves for all its tabs.
  const keptNow = (): string => readKept(window) ?? kept ?? ''
  return {
    current: () => offered ?? keptNow(),
    worked(proof) {
      if (proof !== offered) return
      offered = null
      kept = proof
      keep(window, proof)
    },
    replaced(proof) {
      offered = null
      kept = proof
      keep(window, proof)
    },
    refused(proof) {
      if (proof === offered) offered = null
      return keptNow() !== '' && keptNow() !== proof
    },
  }
}

/** The hash that takes the session along to another port. */
export function hashWithProof(window: Window): string {
  return `#window=${readKept(window) ?? ''}~${window.location.hash.slice(1)}`
}

/** False: this browser refuses storage, so the window lasts until it is reloaded. */
function keep(window: Window, proof: string): boolean {
  try {
    window.localStorage.setItem(KEY, proof)
    return true
  } catch {
    return false
  }
}

function readKept(window: Window): string | null {
  try {
    return window.localStorage.getItem(KEY)
  } catch {
    return null
  }
}

// Server-sent events over fetch: EventSource cannot send the header that proves which window it is.
export type ServerEvents = Pick<EventSource, 'addEventListener' | 'close'>

export type ServerEventsDeps = { fetch: typeof fetch; headers: () => Record<string, string> }

/** Tells `open`, each event under its own name, and `error` once when the stream ends in any way but by `close()`. */
export function openServerEvents(url: string, deps: ServerEventsDeps): ServerEvents {
  const target = new EventTarget()
  const abort = new AbortController()
  // In the next turn, when whoever opened the stream listens.
  void Promise.resolve()
    .then(() => readAll(url, deps, { target, signal: abort.signal }))
    .catch(() => undefined)
    .then(() => {
      if (!abort.signal.aborted) target.dispatchEvent(new Event('error'))
    })
  return {
    addEventListener: target.addEventListener.bind(target) as ServerEvents['addEventListener'],
    close: () => abort.abort(),
  }
}

async function readAll(
  url: string,
  deps: ServerEventsDeps,
  { target, signal }: { target: EventTarget; signal: AbortSignal },
): Promise<void> {
  const answer = await deps.fetch(url, { headers: deps.headers(), credentials: 'same-origin', signal })
  if (signal.aborted || !answer.ok || answer.body === null) return
  target.dispatchEvent(new Event('open'))
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done || signal.aborted) return
    const frames = (text + value).split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) tell(target, frame)
  }
}

function tell(target: EventTarget, frame: string): void {
  const name = /^event: (.+)$/m.exec(frame)?.[1]
  const data = /^data: (.*)$/m.exec(frame)?.[1]
  if (name !== undefined && data !== undefined) target.dispatchEvent(new MessageEvent(name, { data }))
}

// The one door between the window and Keyway. Desktop and browser bring different hosts; nothing above this folder knows which.
import type {
  UiCallName,
  UiEventName,
  UiEvents,
  UiInput,
  UiOutput,
  UiResult,
} from '../../shared/contract/ui-api.ts'

/** `signed-out`: the browser has no session any more (headless only). */
export type LinkState = 'connecting' | 'online' | 'offline' | 'signed-out'

export type HostCapabilities = {
  /** Can register itself to start when the person logs in. */
  loginItem: boolean
  /** Shows notifications, of the operating system or of the browser. */
  notifications: boolean
}

type Words = { message: string; nextStep: string }

/** What a host says when no answer came; from the text catalogue. */
export type HostWords = { notAnswering: Words; signedOut: Words; callBroken: Words }

export type Host = {
  readonly kind: 'desktop' | 'headless'
  readonly capabilities: HostCapabilities
  /** Never rejects: what goes wrong comes back as a coded failure. */
  call<Name extends UiCallName>(name: Name, input: UiInput<Name>): Promise<UiResult<UiOutput<Name>>>
  /** Returns what ends the subscription. */
  subscribe<Name extends UiEventName>(name: Name, listener: (data: UiEvents[Name]) => void): () => void
  /** Told at once about the present state, then about each change. */
  watchLink(listener: (state: LinkState) => void): () => void
  close(): void
}

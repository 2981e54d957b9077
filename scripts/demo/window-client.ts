// The window's requests without a browser: opens the one-time link, keeps the cookie, makes calls.
import { z } from 'zod'
import type { UiCallName, UiInput, UiOutput } from '../../shared/contract/ui-api.ts'

export type WindowClient = {
  /** Headers that authenticate each request of this window. */
  readonly session: Readonly<Record<string, string>>
  /** @throws Error with the failure's code and message. */
  call<Name extends UiCallName>(name: Name, input: UiInput<Name>): Promise<UiOutput<Name>>
}

const envelope = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), failure: z.looseObject({ code: z.string(), message: z.string() }) }),
])

export async function openWindowClient(launchUrl: string): Promise<WindowClient> {
  const { origin } = new URL(launchUrl)
  const answer = await fetch(launchUrl, { redirect: 'manual' })
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(';', 1)[0])
    .join('; ')
  if (cookie === '') throw new Error(`The window's link gave no session (HTTP ${answer.status}).`)
  const proof = /#window=([\w-]+)/.exec(answer.headers.get('location') ?? '')?.[1] ?? ''
  const session = { cookie, origin, 'x-keyway-window': proof }
  return {
    session,
    async call<Name extends UiCallName>(name: Name, input: UiInput<Name>): Promise<UiOutput<Name>> {
      const response = await fetch(`${origin}/ui/call/${name}`, {
        method: 'POST',
        headers: { ...session, 'content-type': 'application/json' },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      })
      const result = envelope.parse(await response.json())
      if (!result.ok) throw new Error(`${name}: ${result.failure.code}: ${result.failure.message}`)
      return result.value as UiOutput<Name>
    },
  }
}

import type { UiApi } from '../../../shared/contract/ui-api.ts'

/** The same calls, each of them noticed as something that a person did; looking at the whole state is not. */
export function noticing(ui: UiApi, onCall: () => void): UiApi {
  const entries = Object.entries(ui).map(([name, call]) => [
    name,
    name === 'snapshot.get'
      ? call
      : (input: never): unknown => {
          onCall()
          return call(input)
        },
  ])
  return Object.fromEntries(entries) as UiApi
}

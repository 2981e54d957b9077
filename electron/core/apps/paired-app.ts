import { grant, type AppInput, type AppPatch } from '../../../shared/contract/app.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import { cleanName } from '../../../shared/contract/name.ts'

/** The app that a pairing makes: what the question showed, as far as the person did not narrow it. */
export function pairedApp(
  { wants, providers }: Extract<Approval, { kind: 'pair' }>,
  patch: AppPatch | undefined,
  takenNames: readonly string[],
): AppInput {
  const idOf = new Map(providers.map(({ provider, registered }) => [provider, registered?.id]))
  const grants = wants.grants.flatMap(({ provider, ...rest }) => {
    const providerId = idOf.get(provider)
    return providerId === undefined
      ? []
      : [grant.parse({ target: { kind: 'provider', providerId }, ...rest })]
  })
  return {
    name: freeName(patch?.name ?? wants.name, takenNames),
    grants: patch?.grants ?? grants,
    manage: wants.manage && patch?.manage !== false,
    // Nothing that a program can ask for.
    approve: patch?.approve ?? false,
    origins: patch?.origins ?? [],
    authProviders: patch?.authProviders ?? wants.authProviders,
  }
}

function freeName(wanted: string, takenNames: readonly string[]): string {
  const taken = new Set(takenNames.map((name) => name.toLowerCase()))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${cleanName(wanted, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}

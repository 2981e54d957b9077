import { grant, type AppInput, type AppPatch, type PairInput } from '../../../shared/contract/app.ts'

/** The app that a pairing makes: what the program wants, as far as the person did not narrow it. */
export function pairedApp(
  wants: PairInput,
  patch: AppPatch | undefined,
  known: { provider: (idOrSlug: string) => { id: string } | null; takenNames: readonly string[] },
): AppInput {
  const grants = wants.grants.flatMap(({ provider, ...rest }) => {
    const found = known.provider(provider)
    return found === null
      ? []
      : [grant.parse({ target: { kind: 'provider', providerId: found.id }, ...rest })]
  })
  return {
    name: freeName(patch?.name ?? wants.name, known.takenNames),
    grants: patch?.grants ?? grants,
    manage: patch?.manage ?? wants.manage,
    // Nothing that a program can ask for.
    approve: patch?.approve ?? false,
    origins: patch?.origins ?? [],
    authProviders: patch?.authProviders ?? wants.authProviders,
  }
}

function freeName(wanted: string, takenNames: readonly string[]): string {
  const taken = new Set(takenNames.map((name) => name.toLowerCase()))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted.slice(0, 90)} (${n})`
    if (!taken.has(name.toLowerCase())) return name
  }
}

import type { AppRecord, AppView } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { missingScopes } from '../../../shared/domain/scopes.ts'

/** What an app declared to need and no connection gives: a provider without a connection, or scopes that none of its connections has. */
export function missingNeeds(
  app: Pick<AppRecord, 'authProviders'>,
  connectionsOf: (providerSlug: string) => readonly ConnectionRecord[],
): AppView['missing'] {
  return app.authProviders.flatMap(({ provider, scopes }) => {
    const lacks = connectionsOf(provider).map(({ grantedScopes }) => missingScopes(scopes, grantedScopes))
    if (lacks.some((missing) => missing.length === 0)) return []
    const least = lacks.toSorted((one, other) => one.length - other.length)[0]
    return [{ provider, scopes: least ?? scopes }]
  })
}

import type { AppView, Grant } from '../../../shared/contract/app.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'

/** Does this grant reach that connection? Only who is meant; what it allows is the core's decision. */
export function reaches(grant: Grant, connection: Pick<ConnectionView, 'id' | 'providerId'>): boolean {
  switch (grant.target.kind) {
    case 'all':
      return true
    case 'provider':
      return grant.target.providerId === connection.providerId
    default:
      return grant.target.connectionId === connection.id
  }
}

/** The apps with a grant that reaches the connection. */
export function appsOf(
  connection: Pick<ConnectionView, 'id' | 'providerId'>,
  apps: readonly AppView[],
): AppView[] {
  return apps.filter(({ grants }) => grants.some((grant) => reaches(grant, connection)))
}

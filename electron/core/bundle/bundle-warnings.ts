// What a person must know before a grant is in two places.
import type { BundleWarning } from '../../../shared/contract/bundle.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'

type Grant = Pick<ConnectionRecord, 'id' | 'account' | 'hasRefreshToken' | 'life' | 'refreshStartedAt'>

/** Whether a renewal uses the refresh token up: what was seen weighs more than what is written. */
export function rotation(
  { hasRefreshToken, life }: Pick<Grant, 'hasRefreshToken' | 'life'>,
  spec: ProviderSpec,
): 'known' | 'possible' | 'no' {
  if (!hasRefreshToken) return 'no'
  if (life.some(({ kind }) => kind === 'rotated') || spec.refresh.rotates === 'yes') return 'known'
  const wasRenewed = life.some(({ kind }) => kind === 'refreshed')
  return wasRenewed || spec.refresh.rotates === 'no' ? 'no' : 'possible'
}

export function grantWarnings(grant: Grant, provider: { name: string; spec: ProviderSpec }): BundleWarning[] {
  const about = { connectionId: grant.id, providerName: provider.name, account: grant.account }
  const who = `${provider.name}, ${grant.account}`
  const rotates = rotation(grant, provider.spec)
  const warnings: BundleWarning[] = []
  if (rotates !== 'no') {
    const how = rotates === 'known' ? 'uses up' : 'may use up'
    warnings.push({
      ...about,
      code: 'rotating_grant',
      certainty: rotates,
      message: `${who}: each renewal ${how} the refresh token. Used on two machines, one of them loses the grant; on one of the two, close Keyway or reconnect the account.`,
    })
  }
  if (grant.refreshStartedAt !== null) {
    warnings.push({
      ...about,
      code: 'renewal_under_way',
      certainty: 'possible',
      message: `${who}: a renewal had not ended when the bundle was made; its token may be used up already.`,
    })
  }
  return warnings
}

export function leftOut(about: {
  connectionId: string | null
  providerName: string
  account: string | null
  what: string
}): BundleWarning {
  const { what, ...rest } = about
  return {
    ...rest,
    code: 'left_out',
    certainty: 'known',
    message: `${rest.providerName}${rest.account === null ? '' : `, ${rest.account}`}: ${what}`,
  }
}

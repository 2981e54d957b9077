// Turns the answer of the consent page into oidc-provider's grant: what was ticked is granted, the rest refused.
import type Provider from 'oidc-provider'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>
type Decision = { granted: string[]; refused: string[] }

/**
 * Saves the grant and gives its id. A second consent of the same browser and client extends the grant that there is, as
 * oidc-provider recommends: revoking any token of it ends them all, as with Google.
 */
export async function decideGrant(
  provider: Provider,
  interaction: Interaction,
  ticked: readonly string[],
): Promise<string> {
  const accountId = interaction.session?.accountId
  const clientId = String(interaction.params['client_id'])
  if (accountId === undefined) throw new Error('A consent without a signed-in account')
  const existing =
    interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId)
  const grant = existing ?? new provider.Grant({ accountId, clientId })

  const asked = scopesOf(interaction.params['scope'])
  const oidc = decide(asked, ticked, scopesOf(grant.openid?.scope), scopesOf(grant.rejected?.openid?.scope))
  grant.openid = { ...grant.openid, scope: oidc.granted.join(' ') }
  const refusedResources: Record<string, string> = {}
  for (const resource of resourcesOf(interaction)) {
    const decision = decide(
      asked,
      ticked,
      scopesOf(grant.resources?.[resource]),
      scopesOf(grant.rejected?.resources?.[resource]),
    )
    grant.resources = { ...grant.resources, [resource]: decision.granted.join(' ') }
    refusedResources[resource] = decision.refused.join(' ')
  }
  grant.rejected = {
    openid: { scope: oidc.refused.join(' ') },
    resources: { ...grant.rejected?.resources, ...refusedResources },
  }
  return grant.save()
}

/** What was decided now counts; what was decided before about other scopes stays. */
function decide(
  asked: readonly string[],
  ticked: readonly string[],
  grantedBefore: readonly string[],
  refusedBefore: readonly string[],
): Decision {
  // The sign-in itself (`openid`) is not a choice on the page.
  const allowed = asked.filter((scope) => scope === 'openid' || ticked.includes(scope))
  const withheld = asked.filter((scope) => !allowed.includes(scope))
  return {
    granted: [...new Set([...grantedBefore, ...allowed])].filter((scope) => !withheld.includes(scope)),
    refused: [...new Set([...refusedBefore, ...withheld])].filter((scope) => !allowed.includes(scope)),
  }
}

const scopesOf = (scope: unknown): string[] =>
  typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []

function resourcesOf(interaction: Interaction): string[] {
  const { resource } = interaction.params
  if (typeof resource === 'string') return [resource]
  return Array.isArray(resource) ? resource.filter((each): each is string => typeof each === 'string') : []
}

import type { ProviderView } from '../../../shared/contract/provider.ts'

/** A provider to hand on: as JSON for the API, and as code for the command line. Without its secret, which stands as an environment name. */
export function exportProvider(provider: ProviderView): { json: string; code: string } {
  const { slug, name, preset, clientId, scopes, secondaryScopes, parameters, allowedHosts, privateHosts } =
    provider
  const { redirect, redirectHost, flow, extraCa, overrides, hasClientSecret } = provider
  const definition = {
    slug,
    name,
    preset,
    clientId,
    ...(hasClientSecret ? { clientSecret: `\${${envName(slug)}_CLIENT_SECRET}` } : {}),
    scopes,
    secondaryScopes,
    parameters,
    allowedHosts,
    privateHosts,
    redirect,
    redirectHost,
    flow,
    extraCa,
    spec: overrides,
  }
  const json = JSON.stringify(definition, null, 2)
  return {
    json,
    code: `import { defineProvider } from 'keyway'\n\nexport const provider = defineProvider(${json})\n`,
  }
}

function envName(slug: string): string {
  return slug.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
}

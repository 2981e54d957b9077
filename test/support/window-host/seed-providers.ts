import type { ProviderView } from '../../../shared/contract/provider.ts'
import { fullSpecOf } from '../../../shared/contract/preset.ts'
import { providerSpec, type ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import { presets } from '../../../shared/presets/presets.ts'

type Sketch = {
  slug: string
  name?: string
  preset?: string | null
  scopes?: string[]
  spec?: ProviderSpecInput
  connections: number
}

/** A provider as the core would show it. */
export function providerOf(sketch: Sketch, now: number): ProviderView {
  const presetSlug = sketch.preset === undefined ? sketch.slug : sketch.preset
  const preset = presets.find(({ slug }) => slug === presetSlug) ?? null
  const spec = preset === null ? providerSpec.parse(sketch.spec ?? {}) : fullSpecOf(preset)
  return {
    id: `prv_${sketch.slug}`,
    slug: sketch.slug,
    name: sketch.name ?? preset?.name ?? sketch.slug,
    preset: preset?.slug ?? null,
    clientId: `client-of-${sketch.slug}`,
    scopes: sketch.scopes ?? preset?.defaultScopes ?? [],
    secondaryScopes: [],
    parameters: {},
    allowedHosts: [],
    privateHosts: [],
    redirect: 'auto',
    redirectHost: 'auto',
    flow: 'authorization_code',
    extraCa: null,
    createdAt: now - 40 * 86_400_000,
    updatedAt: now - 86_400_000,
    hasClientSecret: true,
    clientKeys: [],
    clientRefusedAt: null,
    clientSecretExpiresAt: null,
    clientKeyPem: null,
    spec,
    overrides: sketch.spec ?? {},
    redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    redirectNote: null,
    connectionCount: sketch.connections,
  }
}

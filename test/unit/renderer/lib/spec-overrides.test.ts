import { expect, test } from 'vitest'
import { specOf } from '../../../../electron/core/providers/store.ts'
import { overridesOf, withOverrides } from '../../../../renderer/lib/spec-overrides.ts'
import { fullSpecOf } from '../../../../shared/contract/preset.ts'
import { providerSpec } from '../../../../shared/contract/provider-spec.ts'
import { presets } from '../../../../shared/presets/presets.ts'

test('a form that nobody touched overrides nothing, for every preset', () => {
  for (const preset of presets) expect(overridesOf(fullSpecOf(preset), fullSpecOf(preset))).toEqual({})
})

test('what the form changes is all that is sent, and the core makes the same whole of it', () => {
  for (const preset of presets) {
    const base = fullSpecOf(preset)
    const changed = providerSpec.parse({
      ...base,
      token: {
        ...base.token,
        format: base.token.format === 'json' ? 'form' : 'json',
        extraParams: { ...base.token.extraParams, extra: 'yes' },
      },
      api: { ...base.api, baseUrl: 'https://api.example.com' },
    })
    const overrides = overridesOf(changed, base)
    expect(Object.keys(overrides).sort()).toEqual(['api', 'token'])
    expect(specOf(preset, overrides)).toEqual(changed)
  }
})

test('a parameter that was taken away is sent as an empty text, which no request sends', () => {
  const base = providerSpec.parse({
    authorize: { extraParams: { prompt: 'consent', access_type: 'offline' } },
  })
  const changed = { ...base, authorize: { ...base.authorize, extraParams: { access_type: 'offline' } } }
  expect(overridesOf(changed, base)).toEqual({ authorize: { extraParams: { prompt: '' } } })
})

test('a fix of the provider check is laid over what was changed before, not in its place', () => {
  const before = { client: { auth: 'none' }, token: { format: 'json' } }
  expect(withOverrides(before, { client: { auth: 'client_secret_post' } })).toEqual({
    client: { auth: 'client_secret_post' },
    token: { format: 'json' },
  })
})

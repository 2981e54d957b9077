// Inputs as a form or an app would send them, with only what a test cares about filled in.
import { appInput, type AppDraft, type AppInput } from '../../shared/contract/app.ts'
import { connectInput, type ConnectDraft, type ConnectInput } from '../../shared/contract/flow.ts'
import { providerInput, type ProviderInput, type ProviderInputDraft } from '../../shared/contract/provider.ts'

const endpoints = {
  authorization: 'https://provider.example.test/authorize',
  token: 'https://provider.example.test/token',
  deviceAuthorization: 'https://provider.example.test/device',
}

/** Addresses that a sign-in needs are always there; what else the spec says is the test's. */
export const aProvider = (draft: Partial<ProviderInputDraft> = {}): ProviderInput => {
  const hasOwn = ['endpoints', 'discovery'].some((part) => Object.hasOwn(draft.spec ?? {}, part))
  const usual = hasOwn || (draft.preset ?? null) !== null ? {} : { endpoints }
  return providerInput.parse({
    slug: 'acme',
    name: 'Acme',
    clientId: 'made-up-client',
    clientSecret: 'made-up-client-secret',
    scopes: ['read', 'write'],
    ...draft,
    spec: { ...usual, ...(draft.spec ?? { api: { baseUrl: 'https://api.example.test/v1' } }) },
  })
}

export const aConnect = (draft: ConnectDraft): ConnectInput => connectInput.parse(draft)

export const anApp = (draft: Partial<AppDraft> = {}): AppInput =>
  appInput.parse({ name: 'Script', grants: [{ target: { kind: 'all' }, token: true }], ...draft })

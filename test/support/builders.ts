// Inputs as a form or an app would send them, with only what a test cares about filled in.
import { appInput, type AppDraft, type AppInput } from '../../shared/contract/app.ts'
import { connectInput, type ConnectDraft, type ConnectInput } from '../../shared/contract/flow.ts'
import { providerInput, type ProviderInput, type ProviderInputDraft } from '../../shared/contract/provider.ts'

export const aProvider = (draft: Partial<ProviderInputDraft> = {}): ProviderInput =>
  providerInput.parse({
    slug: 'acme',
    name: 'Acme',
    clientId: 'made-up-client',
    clientSecret: 'made-up-client-secret',
    scopes: ['read', 'write'],
    spec: {
      endpoints: {
        authorization: 'https://provider.example.test/authorize',
        token: 'https://provider.example.test/token',
      },
      api: { baseUrl: 'https://api.example.test/v1' },
    },
    ...draft,
  })

export const aConnect = (draft: ConnectDraft): ConnectInput => connectInput.parse(draft)

export const anApp = (draft: Partial<AppDraft> = {}): AppInput =>
  appInput.parse({ name: 'Script', grants: [{ target: { kind: 'all' }, token: true }], ...draft })

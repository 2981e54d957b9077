// The window's calls, each a thin layer over the core. The caller has validated the inputs.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import { providerInput, type ProviderView } from '../../../shared/contract/provider.ts'
import { secretOrNull } from '../../../shared/contract/secret.ts'
import type { Snapshot, UiApi } from '../../../shared/contract/ui-api.ts'
import type { AppRegistry } from '../apps/apps.ts'
import type { FlowRegistry } from '../connections/sign-in/start.ts'
import type { AuditLog, Approvals, Connections } from '../keyway.ts'
import type { OAuthClient } from '../oauth/types.ts'
import type { Browser } from '../ports.ts'
import type { PlanRedirect, ProviderRegistry } from '../providers/providers.ts'
import { specOf } from '../providers/store.ts'
import type { Vault } from '../vault/vault.ts'
import { type DiscoveredRegistrations, type SystemCalls, vaultView } from './system-calls.ts'
import { checkApiHost } from '../connections/proxy-policy.ts'
import { testCall, type TestCallDeps } from './test-call.ts'

export type UiApiDeps = Omit<TestCallDeps, 'providers'> & {
  providers: ProviderRegistry
  connections: Connections
  flows: FlowRegistry
  apps: AppRegistry
  approvals: Approvals
  activity: AuditLog
  vault: Vault
  oauth: OAuthClient
  presets: readonly Preset[]
  planRedirect: PlanRedirect
  registrations: DiscoveredRegistrations
  snapshot: () => Snapshot
  whenRefreshesIdle: () => Promise<void>
  startOver: UiApi['vault.startOver']
  browser: Browser
  systemCalls: SystemCalls
}

export function createUiApi(deps: UiApiDeps): UiApi {
  const { apps, activity } = deps
  return {
    'snapshot.get': async () => deps.snapshot(),
    ...vaultCalls(deps),
    ...providerCalls(deps),
    ...connectionCalls(deps),
    'apps.create': async (input) => apps.create(input),
    'apps.update': async ({ id, patch }) => apps.update(id, patch),
    'apps.rotateKey': async ({ id, overlapMinutes }) => apps.rotateKey(id, overlapMinutes),
    'apps.remove': async ({ id }) => {
      apps.remove(id)
      return null
    },
    'approvals.decide': async ({ id, decision, app }) => deps.approvals.decide(id, decision, app),
    'browsers.list': () => deps.browser.installed(),
    'activity.query': (query) => activity.query(query),
    'activity.verify': () => activity.verify(),
    ...deps.systemCalls,
  }
}

type CallsOf<Prefix extends string> = {
  [
    Name in Exclude<keyof UiApi, keyof SystemCalls> as Name extends `${Prefix}.${string}` ? Name : never
  ]: UiApi[Name]
}

function providerCalls(deps: UiApiDeps): CallsOf<'providers'> & CallsOf<'presets'> {
  const { providers, oauth } = deps
  return {
    'presets.list': async () => [...deps.presets],
    'providers.create': async (input) =>
      providers.createRegistered(input, deps.registrations.take(input.clientId)),
    'providers.update': async ({ id, patch }) => providers.update(id, patch),
    'providers.newClientKey': async ({ id }) => providers.newClientKey(id),
    'providers.remove': async ({ id }) => providers.remove(id),
    'providers.redirectPlan': async ({ draft }) => {
      // The form calls this while it is being filled in, so only the relevant fields must be valid.
      const wanted = providerInput
        .pick({ preset: true, redirect: true, redirectHost: true, flow: true, spec: true })
        .safeParse(pickFrom(draft))
      if (!wanted.success)
        throw new KeywayError('invalid_request', { details: { field: 'draft' }, cause: wanted.error })
      const preset = deps.presets.find(({ slug }) => slug === wanted.data.preset) ?? null
      return deps.planRedirect({ ...wanted.data, spec: specOf(preset, wanted.data.spec) })
    },
    'providers.discover': async ({ url, client, extraCa }) => {
      const redirectUris = [
        deps.planRedirect({
          redirect: 'auto',
          redirectHost: 'auto',
          flow: 'authorization_code',
          spec: specOf(null, {}),
        }).redirectUri,
      ]
      const found = await oauth.discover(url, {
        redirectUris: client === 'register' ? redirectUris.filter((uri) => uri !== null) : [],
        extraCa,
      })
      if (found.registered !== null) deps.registrations.remember(found.draft.clientId ?? '', found.registered)
      const { draft, steps, missing } = found
      return { draft, steps, missing, registered: (draft.clientId ?? '') !== '' }
    },
    'providers.doctor': async ({ id }) => {
      const view = providers.find(id)
      if (view === null) throw providers.notFound(id)
      const { redirectUri, redirectHost, scopes, flow } = view
      const about = { redirectUri, scopes, flow, choosesHost: redirectHost === 'auto' }
      const steps = await oauth.checkProvider(providers.resolve(id), about)
      return [...steps, ...(await checkApiHost(view))]
    },
    'providers.export': async ({ id }) => {
      const provider = providers.find(id)
      if (provider === null) throw providers.notFound(id)
      return exportProvider(provider)
    },
  }
}

function connectionCalls(deps: UiApiDeps): CallsOf<'connections'> & CallsOf<'flows'> {
  const { connections, flows, oauth } = deps
  return {
    'connections.connect': (input) => {
      oauth.forgetFailures()
      return connections.connect(input)
    },
    'connections.rename': ({ id, account }) => connections.rename(id, account),
    'connections.setDefault': ({ id }) => connections.setDefault(id),
    'connections.refresh': ({ id }) => {
      oauth.forgetFailures()
      return connections.refresh(id)
    },
    'connections.testCall': (ask) => testCall(deps, ask),
    'connections.disconnect': ({ id }) => connections.disconnect(id),
    'flows.cancel': async ({ id }) => flows.cancel(id),
    'flows.paste': ({ id, text }) => flows.paste(id, text),
    'flows.openAgain': ({ id, browser }) => flows.openAgain(id, browser),
    'flows.chooseResource': ({ id, resourceId }) => flows.chooseResource(id, resourceId),
    'flows.confirmAccount': ({ id, answer }) => flows.confirmAccount(id, answer),
    'flows.dismiss': async ({ id }) => {
      flows.dismiss(id)
      return null
    },
  }
}

function pickFrom(draft: unknown): Record<string, unknown> {
  const known = typeof draft === 'object' && draft !== null ? (draft as Record<string, unknown>) : {}
  const names = ['preset', 'redirect', 'redirectHost', 'flow', 'spec']
  return Object.fromEntries(
    names.filter((name) => known[name] !== undefined).map((name) => [name, known[name]]),
  )
}

/** Reports every call as activity of the person, except reading the snapshot. */
export function trackActivity(ui: UiApi, onCall: () => void): UiApi {
  const entries = Object.entries(ui).map(([name, call]) => [
    name,
    name === 'snapshot.get'
      ? call
      : (input: never): unknown => {
          onCall()
          return call(input)
        },
  ])
  return Object.fromEntries(entries) as UiApi
}

type VaultCalls =
  | 'vault.initialise'
  | 'vault.unlock'
  | 'vault.lock'
  | 'vault.changePassphrase'
  | 'vault.migrate'
  | 'vault.startOver'

function vaultCalls(deps: {
  vault: Vault
  /** Resolves when no refresh is running: a response after the lock could not be encrypted. */
  whenRefreshesIdle: () => Promise<void>
  startOver: UiApi['vault.startOver']
}): Pick<UiApi, VaultCalls> {
  const { vault } = deps
  const secret = (passphrase: string | undefined) => secretOrNull(passphrase) ?? undefined
  return {
    'vault.initialise': async ({ protector, passphrase }) =>
      vaultView(await vault.initialize(protector, secret(passphrase))),
    'vault.unlock': async ({ passphrase }) => vaultView(await vault.unlock(secret(passphrase))),
    'vault.lock': async () => {
      await deps.whenRefreshesIdle()
      vault.lock()
      return vaultView(vault.state())
    },
    'vault.changePassphrase': async ({ current, next }) => {
      const change = { current: secretOrNull(current), next: secretOrNull(next) }
      if (change.current === null || change.next === null) return vaultView(vault.state())
      return vaultView(await vault.changePassphrase({ current: change.current, next: change.next }))
    },
    'vault.startOver': deps.startOver,
    'vault.migrate': async ({ protector, passphrase }) =>
      vaultView(await vault.migrate(protector, secret(passphrase))),
  }
}

/**
 * A provider for sharing: as JSON for the API, and as code for the command line. Its secret is replaced by
 * the name of an environment variable.
 */
function exportProvider(provider: ProviderView): { json: string; code: string } {
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

// Builds the rehearsal provider: a real authorization server (oidc-provider) with a small protected API, on loopback, that
// can be made to misbehave. For tests, the demo and practice; nothing in it is real.
import type { IncomingMessage, RequestListener } from 'node:http'
import type { ClientMetadata } from 'oidc-provider'
import { createAccountBook, madeUpPeople } from './accounts.ts'
import type { AccountBook, RehearsalAccount } from './accounts.ts'
import { createCallAuthorizer } from './api/authorize-call.ts'
import { createProtectedApi } from './api/protected-api.ts'
import { createBehaviourSwitch } from './behaviour.ts'
import type { BehaviourSwitch, RehearsalBehaviourChange } from './behaviour.ts'
import { clientMetadata, preregisteredClients } from './clients.ts'
import type { RehearsalClients } from './clients.ts'
import { createControlRoutes } from './control-routes.ts'
import { createControls } from './controls.ts'
import type { RehearsalControls } from './controls.ts'
import { createInteractionPolicy } from './interaction-policy.ts'
import { createInteractionRoutes } from './interaction-routes.ts'
import { openListener } from './listener.ts'
import { oidcConfiguration } from './oidc-configuration.ts'
import { reuseDetail, surround } from './oidc-middleware.ts'
import type { Exchanges } from './oidc-middleware.ts'
import { homePage } from './pages/home-page.ts'
import { createRequestHandler } from './request-handler.ts'
import { makeSigningKeys } from './signing-keys.ts'
import { createTokenStore } from './token-store.ts'
import type { TokenKeeping, TokenStore } from './token-store.ts'
import { createVisitLog } from './visits.ts'
import type { VisitLog } from './visits.ts'

export type RehearsalOptions = {
  /** Port on 127.0.0.1; 0, the default, takes any free one. */
  port?: number
  /** Redirect URIs of the preregistered clients, beside http://127.0.0.1:7317/oauth2/callback. */
  redirectUris?: readonly string[]
  /** Further clients, in the words of RFC 7591. */
  clients?: readonly ClientMetadata[]
  /** The people to pick from; default: Ada, Grace and Mary at example.test. */
  accounts?: ReadonlyArray<{ email: string; name?: string }>
  /** Resources that tokens may be asked for (RFC 8707), beside `<issuer>/api`. */
  resources?: readonly string[]
  /** How it behaves from the start. */
  behaviour?: RehearsalBehaviourChange
  /** Opens the control endpoints below /control/ to who sends this as a Bearer token. Make it long and random. */
  control?: string
  /** Called when a request has come, and when it is done with. */
  onVisit?: () => void
  /** Where grants outlive a restart; absent: they end with this provider. */
  keeping?: TokenKeeping
}

export type RehearsalProvider = RehearsalControls & {
  readonly issuer: string
  readonly port: number
  readonly clients: RehearsalClients
  readonly accounts: readonly RehearsalAccount[]
  /** An address of this provider, e.g. `url('/api/me')`. */
  url(path: string): string
  /** Ends everything it opened, also answers under way. Twice is fine. */
  close(): Promise<void>
}

/** @throws KeywayError `port_busy`, `invalid_request` (behaviour). */
export async function createRehearsalProvider(options: RehearsalOptions = {}): Promise<RehearsalProvider> {
  const accounts = createAccountBook(options.accounts ?? madeUpPeople)
  const behaviour = createBehaviourSwitch(options.behaviour)
  const clients = preregisteredClients(options.redirectUris ?? [])
  const store = createTokenStore(options.keeping ?? null)
  const log = createVisitLog(options.onVisit)
  const closing = new AbortController()

  // The issuer holds the port, so the port comes first; requests wait a moment for the provider behind it.
  const handler = Promise.withResolvers<RequestListener>()
  const listener = await openListener(options.port ?? 0, (req, res) => {
    void handler.promise.then((handle) => handle(req, res))
  })
  const issuer = `http://127.0.0.1:${listener.port}`
  const { controls, close: closeControls } = createControls({ accounts, behaviour, listener, log, store })

  const close = async (): Promise<void> => {
    closing.abort()
    closeControls()
    await listener.close()
    await store.kept()
  }
  try {
    handler.resolve(
      await createHandler({
        accounts,
        behaviour,
        clients,
        closing: closing.signal,
        controls,
        issuer,
        log,
        options,
        spare: (req) => listener.spare(req.socket),
        store,
      }),
    )
    if (behaviour.now().outage.kind !== 'none') await controls.behave({})
  } catch (failure) {
    await close()
    throw failure
  }

  return {
    ...controls,
    issuer,
    port: listener.port,
    clients,
    accounts: accounts.known,
    url: (path) => new URL(path, issuer).href,
    close,
  }
}

type Parts = {
  accounts: AccountBook
  behaviour: BehaviourSwitch
  clients: RehearsalClients
  closing: AbortSignal
  controls: RehearsalControls
  issuer: string
  log: VisitLog
  options: RehearsalOptions
  spare: (req: IncomingMessage) => void
  store: TokenStore
}

async function createHandler(parts: Parts): Promise<RequestListener> {
  const { accounts, behaviour, clients, closing, controls, issuer, log, options, store } = parts
  // Loaded here and not above: Keyway's start must not pay for a provider that is seldom wanted.
  const [{ Provider, errors, interactionPolicy }, jwks] = await Promise.all([
    import('oidc-provider'),
    makeSigningKeys(),
  ])
  const resources = new Set([`${issuer}/api`, ...(options.resources ?? [])])
  const provider = new Provider(
    issuer,
    oidcConfiguration({
      accounts,
      behaviour: () => behaviour.now(),
      clients: [...clientMetadata(clients), ...(options.clients ?? [])],
      jwks,
      isKnownResource: (resource) => resources.has(resource),
      policy: createInteractionPolicy(interactionPolicy, accounts),
      refuseResource: () => new errors.InvalidTarget('This resource is not known here.'),
      refuseReuse: () => new errors.InvalidGrant(reuseDetail),
      store,
    }),
  )
  const exchanges: Exchanges = new WeakMap()
  surround(provider, { behaviour: () => behaviour.now(), exchanges, log })

  const authorize = createCallAuthorizer({ accounts, issuer, provider })
  return createRequestHandler({
    api: createProtectedApi(authorize, closing),
    behaviour,
    closing,
    control:
      options.control === undefined
        ? null
        : createControlRoutes(controls, { token: options.control, spare: parts.spare }),
    exchanges,
    homePage: () => homePage({ issuer, clients }),
    interactions: createInteractionRoutes({ accounts, behaviour: () => behaviour.now(), provider }),
    issuer,
    log,
    oidc: provider.callback(),
  })
}

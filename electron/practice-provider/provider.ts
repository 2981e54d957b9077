// The practice provider: a real authorization server (oidc-provider) with a small protected API, on loopback,
// with fault injection. For tests, the demo and practice; nothing it issues is real.
import type { IncomingMessage, RequestListener } from 'node:http'
import type { ClientMetadata } from 'oidc-provider'
import type {
  PracticeCounts,
  PracticeSituation,
  PracticeVisit,
} from '../../shared/contract/practice-provider.ts'
import { type AccountStore, createAccountStore, madeUpPeople, type PracticeAccount } from './accounts.ts'
import { createCallAuthorizer, createProtectedApi } from './api.ts'
import {
  behaviourFor,
  type BehaviourSwitch,
  createBehaviourSwitch,
  type PracticeBehaviourChange,
} from './behaviour.ts'
import { clientMetadata, preregisteredClients, type PracticeClients } from './clients.ts'
import { createInteractionPolicy, createInteractionRoutes } from './consent.ts'
import { createControlRoutes, createControls, type PracticeControls } from './controls.ts'
import { openListener } from './listener.ts'
import { makeSigningKeys, oidcConfiguration } from './oidc-configuration.ts'
import { type Exchanges, reuseDetail, wrapMiddleware } from './oidc-middleware.ts'
import { homePage } from './pages.ts'
import { createRequestHandler } from './request-handler.ts'
import { createTokenStore, type TokenKeeping, type TokenStore } from './token-store.ts'
import { createVisitLog, type VisitLog } from './visits.ts'

export type PracticeProviderOptions = {
  /** Port on 127.0.0.1; 0, the default, selects any free one. */
  port?: number
  /** Redirect URIs of the preregistered clients, in addition to http://127.0.0.1:7317/oauth2/callback. */
  redirectUris?: readonly string[]
  /** More clients, as client metadata of RFC 7591. */
  clients?: readonly ClientMetadata[]
  /** The accounts to choose from; default: Ada, Grace and Mary at example.test. */
  accounts?: ReadonlyArray<{ email: string; name?: string }>
  /** Resources that tokens may be requested for (RFC 8707), in addition to `<issuer>/api`. */
  resources?: readonly string[]
  /** Its initial behavior. */
  behaviour?: PracticeBehaviourChange
  /**
   * Enables the control endpoints below /control/ for requests with this Bearer token. Use a long random one.
   */
  control?: string
  /** Called when a request has arrived, and when it is done. */
  onVisit?: () => void
  /** Stores grants across a restart; absent: they end with this provider. */
  keeping?: TokenKeeping
}

export type PracticeProvider = PracticeControls & {
  readonly issuer: string
  readonly port: number
  readonly clients: PracticeClients
  readonly accounts: readonly PracticeAccount[]
  /** A URL of this provider, e.g. `url('/api/me')`. */
  url(path: string): string
  /** Closes everything it opened, including running responses. May be called more than once. */
  close(): Promise<void>
}

/** @throws KeywayError `port_busy`, `invalid_request` (behavior). */
export async function createPracticeProvider(
  options: PracticeProviderOptions = {},
): Promise<PracticeProvider> {
  const accounts = createAccountStore(options.accounts ?? madeUpPeople)
  const behaviour = createBehaviourSwitch(options.behaviour)
  const clients = preregisteredClients(options.redirectUris ?? [])
  const store = createTokenStore(options.keeping ?? null)
  const log = createVisitLog(options.onVisit)
  const closing = new AbortController()

  // The issuer contains the port, so the port is opened first; requests wait for the provider.
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
  accounts: AccountStore
  behaviour: BehaviourSwitch
  clients: PracticeClients
  closing: AbortSignal
  controls: PracticeControls
  issuer: string
  log: VisitLog
  options: PracticeProviderOptions
  spare: (req: IncomingMessage) => void
  store: TokenStore
}

async function createHandler(parts: Parts): Promise<RequestListener> {
  const { accounts, behaviour, clients, closing, controls, issuer, log, options, store } = parts
  // Loaded here and not above: Keyway's start must not load a provider that is seldom needed.
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
  wrapMiddleware(provider, { behaviour: () => behaviour.now(), exchanges, log })

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

// The practice provider as the window controls it: situations instead of single settings, and pausing instead
// of closing, so that grants outlast a stop.

const SHOWN_VISITS = 30

export type OpenedPracticeProvider = {
  readonly issuer: string
  readonly port: number
  /** A public client with a redirect URI on any loopback port. */
  readonly clientId: string
  readonly accounts: ReadonlyArray<{ email: string; name: string }>
  /** The current situation; an outage with a time limit ends by itself. */
  situation(): PracticeSituation
  /** @throws KeywayError `port_busy` when the port is taken after an outage. */
  behave(situation: PracticeSituation): Promise<void>
  /** Closes the port and keeps what was issued. */
  pause(): Promise<void>
  /** Reopens the same port with normal behavior. @throws KeywayError `port_busy` */
  resume(): Promise<void>
  look(): { counts: PracticeCounts; visits: PracticeVisit[] }
  close(): Promise<void>
}

/** @throws KeywayError `port_busy` */
export async function openPracticeProvider(options: {
  /** 0: any free port. */
  port: number
  redirectUris: readonly string[]
  /** Called when a request arrived or was answered, or a situation ended by itself. */
  onChanged: () => void
  /** What the previous provider issued, and where it is stored. */
  keeping: TokenKeeping
}): Promise<OpenedPracticeProvider> {
  const provider = await createPracticeProvider({
    port: options.port,
    redirectUris: options.redirectUris,
    onVisit: options.onChanged,
    keeping: options.keeping,
  })
  let situation: PracticeSituation = { situation: 'normal' }
  let end: NodeJS.Timeout | null = null

  const behave = async (next: PracticeSituation): Promise<void> => {
    if (end !== null) clearTimeout(end)
    end = null
    await provider.behave(behaviourFor(next))
    if (next.situation === 'revoked_grant') revoke(provider, next.account)
    situation = next
    if (next.situation === 'outage' && next.forSeconds !== null) {
      end = setTimeout(() => {
        // A port that was taken meanwhile stays closed; the next situation or start reports it.
        void behave({ situation: 'normal' }).then(options.onChanged, options.onChanged)
      }, next.forSeconds * 1000)
      end.unref()
    }
  }

  return {
    issuer: provider.issuer,
    port: provider.port,
    clientId: provider.clients.native.clientId,
    accounts: provider.accounts.map(({ email, name }) => ({ email, name })),
    situation: () => situation,
    behave,
    pause: () => behave({ situation: 'outage', how: 'refused', forSeconds: null }),
    resume: () => behave({ situation: 'normal' }),
    look: () => practiceActivity(provider),
    async close() {
      if (end !== null) clearTimeout(end)
      await provider.close()
    },
  }
}

function revoke(provider: PracticeProvider, account: string | null): void {
  provider.revokeGrants(account === null ? {} : { account })
}

function practiceActivity(provider: PracticeProvider): { counts: PracticeCounts; visits: PracticeVisit[] } {
  const { tokenRequests, refreshes, reuseDetections, revocations, apiCalls, visits } = provider.stats()
  return {
    counts: {
      tokenRequests,
      refreshes,
      reuseDetections,
      revocations: revocations.refresh_token + revocations.access_token,
      apiCalls,
      grants: provider.grants().length,
    },
    visits: visits
      .slice(-SHOWN_VISITS)
      .toReversed()
      .map(({ sequence, at, endpoint, method, grantType, status, error, fault, refresh }) => ({
        sequence,
        at,
        endpoint,
        method,
        grantType,
        status,
        error,
        fault,
        refresh,
      })),
  }
}

// Everything about connections, put together: the book, the tokens, the sign-ins and the renewals in the background.
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { Activity, Connections } from '../keyway.ts'
import type { OAuthClient } from '../oauth/oauth-client.ts'
import type { Browser, Clock, Logger, RecordStore } from '../ports.ts'
import { resolveProvider, type PlanRedirect } from '../providers/create-providers.ts'
import type { ProviderBook } from '../providers/provider-book.ts'
import type { SecretBox } from '../secret-box.ts'
import { createTurns } from '../storage/by-turns.ts'
import { createAttempts } from './attempts.ts'
import { createBackground, type Background } from './background.ts'
import { createConnectionBook, type ConnectionBook } from './connection-book.ts'
import { sameAccount } from './connection-record.ts'
import { createConnections } from './create-connections.ts'
import { createTokenEngine, type TokenEngine } from './create-token-service.ts'
import { revokeAnswer, revokeAtProvider } from './disconnect.ts'
import { createFlows, type FlowRegistry } from './flows/create-flows.ts'
import { createFlowBook } from './flows/flow-book.ts'
import { giveBack } from './flows/give-back.ts'
import { createTokenCache } from './token-cache.ts'
import { createTokenClock } from './token-clock.ts'
import type { ProviderFacts } from './token-server.ts'
import { createUnsavedAnswers } from './unsaved-answers.ts'
import { createUsage } from './usage.ts'

const CONFIRM_AFTER_MS = 1_000
/** Above the token request's own deadline, so that a rotation under way is not cut off. */
const CLOSING_MS = 17_000

export type ConnectionPartsDeps = {
  store: RecordStore
  providers: ProviderBook
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  browser: Browser
  activity: Pick<Activity, 'append'>
  planRedirect: PlanRedirect
  random: () => number
  onUnreadable: (entry: { store: string; key: string }) => void
  onConnectionsChanged: () => void
  onFlowsChanged: () => void
}

export type ConnectionParts = {
  book: ConnectionBook
  connections: Connections
  tokens: TokenEngine
  flows: FlowRegistry
  background: Background
  /** Reads the connections; once, before anything else. */
  load(): Promise<void>
  unlocked(): void
  locked(): void
  /** A provider's credentials or behaviour changed: what was refused for them may be tried again. */
  providerChanged(change: { before: ProviderRecord | null; after: ProviderRecord | null }): void
  /** Disconnects all of a provider's; resolves with how many there were. */
  removeOf(providerId: string): Promise<number>
  close(): Promise<void>
}

export function createConnectionParts(deps: ConnectionPartsDeps): ConnectionParts {
  const { clock, logger, providers, box, oauth, activity, random } = deps
  const inProviderTurn = createTurns()
  const cache = createTokenCache(clock)
  const tokenClock = createTokenClock(clock)
  const attempts = createAttempts({ clock, random })
  const earlierMarks = new Set<string>()
  const facts = factsOf(providers)
  let closing = false

  const book = createConnectionBook({
    store: deps.store,
    clock,
    logger,
    onUnreadable: deps.onUnreadable,
    onChanged(id) {
      const held = cache.held(id)
      const record = book.get(id)
      if (held !== null && (record?.generation !== held.generation || record.account !== held.account))
        cache.drop(id)
      background.changed(id)
      deps.onConnectionsChanged()
    },
  })
  const usage = createUsage({ book, clock })
  const resolve = (providerId: string) => resolveProvider(providers, box, providers.need(providerId))
  const shared = { book, box, clock, logger, oauth, activity, providers, inProviderTurn }
  const unsaved = createUnsavedAnswers({
    book,
    clock,
    logger,
    slugOf: (providerId) => facts(providerId).slug,
    onSaved: cache.drop,
  })
  const tokens = createTokenEngine({
    ...shared,
    attempts,
    tokenClock,
    unsaved,
    cache,
    usage,
    resolve,
    earlierMarks,
    confirmAfterMs: CONFIRM_AFTER_MS,
    providerOf: facts,
    isClosing: () => closing,
    revokeStray: (provider, record, answer) =>
      revokeAnswer(shared, provider, { redirectUri: null, scopes: record.requestedScopes }, answer),
  })
  const background = createBackground({
    ...shared,
    random,
    tokens,
    lastUsedAt: usage.lastUsedAt,
    providerOf: facts,
  })
  const flowBook = createFlowBook({
    clock,
    onChanged: deps.onFlowsChanged,
    onDropped: (held) => void giveBack(shared, held),
  })
  const flows = createFlows({
    ...shared,
    flows: flowBook,
    browser: deps.browser,
    planRedirect: deps.planRedirect,
    resolve: (provider) => resolveProvider(providers, box, provider),
    onSignedIn(record, before) {
      tokens.replaced(record.id)
      background.changed(record.id)
      // Another account took the connection over by the person's word: its own grant has no place here any more. The same account's is
      // left alone, because many providers end all of an account's grants with one revocation, the fresh one included.
      if (before === null || sameAccount(before, record) !== 'no') return
      void revokeAtProvider(shared, () => resolve(before.providerId), before)
    },
  })
  const connections = createConnections({
    ...shared,
    flows,
    tokens,
    background,
    lastUsedAt: usage.lastUsedAt,
  })

  return {
    book,
    connections,
    tokens,
    flows,
    background,
    async load() {
      await book.load()
      for (const { id, refreshStartedAt } of book.list()) {
        if (refreshStartedAt !== null) earlierMarks.add(id)
        background.changed(id)
      }
    },
    unlocked() {
      void unsaved.saveNow()
      background.wake()
    },
    locked: cache.clear,
    providerChanged({ before, after }) {
      if (before === null || after === null) return
      const dropped = new Set(before.scopes.filter((scope) => !after.scopes.includes(scope)))
      for (const { id } of book.ofProvider(after.id)) {
        cache.drop(id)
        attempts.clear(id)
        // What the person took out of the provider is not asked for again at the next consent.
        book.touch(id, (record) => ({
          ...record,
          requestedScopes: record.requestedScopes.filter((scope) => !dropped.has(scope)),
        }))
        background.retry(id)
      }
    },
    async removeOf(providerId) {
      flows.cancelOf({ providerId })
      const ids = book.ofProvider(providerId).map(({ id }) => id)
      await Promise.all(ids.map((id) => connections.disconnect(id)))
      return ids.length
    },
    async close() {
      if (closing) return
      closing = true
      background.close()
      await tokens.allSettled(CLOSING_MS)
      await unsaved.saveNow()
      usage.flush()
      await book.close()
      cache.clear()
    },
  }
}

/** A provider's behaviour, also while its entry cannot be read: then nothing is known but the defaults. */
function factsOf(providers: ProviderBook): (providerId: string) => ProviderFacts {
  const unknown = { slug: 'unknown', spec: providerSpec.parse({}), parameters: {} }
  return (providerId) => {
    const record = providers.byId(providerId)
    if (record === null) return unknown
    return { slug: record.slug, spec: providers.specOf(record), parameters: record.parameters }
  }
}

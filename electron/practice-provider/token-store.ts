// Store of what oidc-provider issued: in memory, with what must survive a restart passed to the caller. Also
// lists grants, revokes them without the client, and lets access tokens expire early.
import { createHash } from 'node:crypto'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { KeptTokens } from '../../shared/contract/practice-provider.ts'

export type GrantFilter = {
  /** The account's id, as in `sub`. */
  accountId?: string
  clientId?: string
  grantId?: string
}

/** What one person granted to one client, as the provider stores it. */
export type PracticeGrant = {
  readonly id: string
  readonly accountId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly issuedAt: number
  /** Access tokens that are valid now. */
  readonly accessTokens: number
  /** Refresh tokens that are valid now; used-up ones are not counted. */
  readonly refreshTokens: number
}

export type TokenStore = {
  /**
   * The interface that oidc-provider requires: one adapter per kind of record. `refuseReuse` creates the
   * error for a second use.
   */
  adapter(kind: string, refuseReuse: () => Error): Adapter
  grants(): PracticeGrant[]
  /** Revokes grants with all their tokens, as on the provider's account page. Returns their number. */
  revokeGrants(filter: GrantFilter): number
  /** Makes access tokens invalid now, as if they had expired. Returns their number. */
  expireAccessTokens(filter: GrantFilter): number
  /** Resolves when all changes so far are stored. */
  kept(): Promise<void>
}

export type TokenKeeping = {
  before: KeptTokens | null
  /** Called with one state at a time; never rejects. */
  keep: (state: KeptTokens) => Promise<void>
}

type Stored = { payload: AdapterPayload; expiresAt: number }
type TokenMap = Map<string, Stored>

const PRUNE_EVERY_WRITES = 500

/** Sign-in pages and codes end with a restart; registered clients have secrets of their own. */
const keptKinds: ReadonlySet<string> = new Set(['Grant', 'RefreshToken', 'AccessToken'])
/** Their id is the token itself, so only its hash is stored. */
const hashedKinds: ReadonlySet<string> = new Set(['RefreshToken', 'AccessToken'])

/**
 * Records that are deleted with a grant. An interaction also names a grant, but an open sign-in page must
 * stay valid.
 */
const endsWithGrant = ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'DeviceCode'] as const

export function createTokenStore(keeping: TokenKeeping | null = null): TokenStore {
  const maps = tokenMapsFrom(keeping?.before ?? {})
  const writer = createWriter(keeping, maps)
  let writes = 0

  function entries(kind: string): TokenMap {
    const known = maps.get(kind)
    if (known !== undefined) return known
    const made: TokenMap = new Map()
    maps.set(kind, made)
    return made
  }

  function afterWrite(): void {
    writes += 1
    if (writes % PRUNE_EVERY_WRITES === 0) for (const each of maps.values()) dropExpired(each)
  }

  function dropTokens(grantId: string): void {
    for (const kind of endsWithGrant) dropWhere(entries(kind), ({ payload }) => payload.grantId === grantId)
    writer.changed()
  }

  function endGrant(grantId: string): void {
    entries('Grant').delete(grantId)
    writer.changed()
    dropTokens(grantId)
  }

  return {
    adapter: (kind, refuseReuse) =>
      adapterOver(kind, entries(kind), { afterWrite, dropTokens, endGrant, refuseReuse, writer }),
    grants: () =>
      live(entries('Grant')).map(([id, { payload }]) => ({
        id,
        accountId: payload.accountId ?? '',
        clientId: payload.clientId ?? '',
        scopes: grantedScopes(payload),
        issuedAt: (payload.iat ?? 0) * 1000,
        accessTokens: countFor(entries('AccessToken'), id),
        refreshTokens: countFor(entries('RefreshToken'), id),
      })),
    revokeGrants(filter) {
      const ended = live(entries('Grant')).filter(([id, { payload }]) =>
        fits({ ...payload, grantId: id }, filter),
      )
      for (const [id] of ended) endGrant(id)
      return ended.length
    },
    expireAccessTokens(filter) {
      const ended =
        dropWhere(entries('AccessToken'), ({ payload }) => fits(payload, filter)) +
        dropWhere(entries('ClientCredentials'), ({ payload }) => fits(payload, filter))
      writer.changed()
      return ended
    },
    kept: writer.kept,
  }
}

type Keeping = {
  afterWrite: () => void
  dropTokens: (grantId: string) => void
  endGrant: (grantId: string) => void
  refuseReuse: () => Error
  writer: Writer
}

function adapterOver(kind: string, entries: TokenMap, store: Keeping): Adapter {
  const isHashed = hashedKinds.has(kind)
  const keyOf = (id: string): string => (isHashed ? hashOf(id) : id)
  const find = (id: string): AdapterPayload | undefined => {
    const stored = entries.get(keyOf(id))
    if (stored === undefined || isExpired(stored)) return undefined
    return isHashed ? { ...stored.payload, jti: id } : { ...stored.payload }
  }
  const whenKept = async (): Promise<void> => {
    if (!keptKinds.has(kind)) return
    store.writer.changed()
    await store.writer.kept()
  }
  const findWhere = (wanted: (payload: AdapterPayload) => boolean): AdapterPayload | undefined => {
    const found = live(entries).find(([, { payload }]) => wanted(payload))
    return found === undefined ? undefined : { ...found[1].payload }
  }

  return {
    async upsert(id, payload, expiresIn) {
      const { jti: _token, ...withoutToken } = payload
      entries.set(keyOf(id), {
        payload: isHashed ? withoutToken : payload,
        expiresAt: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000,
      })
      store.afterWrite()
      await whenKept()
    },
    find: async (id) => find(id),
    findByUid: async (uid) => findWhere((payload) => payload.uid === uid),
    findByUserCode: async (userCode) => findWhere((payload) => payload.userCode === userCode),
    async consume(id) {
      const stored = entries.get(keyOf(id))
      if (stored === undefined) throw store.refuseReuse()
      if (stored.payload.consumed !== undefined) {
        // oidc-provider checks for an earlier use some awaits before it marks its own; two concurrent
        // requests would both pass.
        if (stored.payload.grantId !== undefined) store.endGrant(stored.payload.grantId)
        throw store.refuseReuse()
      }
      stored.payload = { ...stored.payload, consumed: Math.floor(Date.now() / 1000) }
      await whenKept()
    },
    async destroy(id) {
      entries.delete(keyOf(id))
      await whenKept()
    },
    async revokeByGrantId(grantId) {
      store.dropTokens(grantId)
      await store.writer.kept()
    },
  }
}

type Writer = {
  changed(): void
  kept(): Promise<void>
}

/** One write at a time, each with all changes before it began. */
function createWriter(keeping: TokenKeeping | null, maps: ReadonlyMap<string, TokenMap>): Writer {
  if (keeping === null) return { changed: () => undefined, kept: () => Promise.resolve() }
  let isDirty = false
  let last = Promise.resolve()
  const write = async (): Promise<void> => {
    if (!isDirty) return
    isDirty = false
    await keeping.keep(persistedTokens(maps))
  }
  return {
    changed() {
      isDirty = true
      last = last.then(write)
    },
    kept: () => last,
  }
}

function persistedTokens(maps: ReadonlyMap<string, TokenMap>): KeptTokens {
  return Object.fromEntries(
    [...keptKinds].map((kind) => [
      kind,
      live(maps.get(kind) ?? new Map()).map(([key, { payload, expiresAt }]) => ({
        key,
        payload: { ...payload },
        expiresAt: expiresAt === Infinity ? null : expiresAt,
      })),
    ]),
  )
}

function tokenMapsFrom(kept: KeptTokens): Map<string, TokenMap> {
  return new Map(
    Object.entries(kept)
      .filter(([kind]) => keptKinds.has(kind))
      .map(([kind, records]) => [
        kind,
        new Map(
          records.map(({ key, payload, expiresAt }) => [key, { payload, expiresAt: expiresAt ?? Infinity }]),
        ),
      ]),
  )
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

const isExpired = (stored: Stored): boolean => stored.expiresAt <= Date.now()

const live = (entries: TokenMap): Array<[string, Stored]> =>
  [...entries].filter(([, stored]) => !isExpired(stored))

const dropExpired = (entries: TokenMap): number => dropWhere(entries, isExpired)

function dropWhere(entries: TokenMap, unwanted: (stored: Stored) => boolean): number {
  const gone = [...entries].filter(([, stored]) => unwanted(stored))
  for (const [id] of gone) entries.delete(id)
  return gone.length
}

const countFor = (entries: TokenMap, grantId: string): number =>
  live(entries).filter(([, { payload }]) => payload.grantId === grantId && payload.consumed === undefined)
    .length

function fits(payload: AdapterPayload, filter: GrantFilter): boolean {
  return (
    (filter.accountId === undefined || filter.accountId === payload.accountId) &&
    (filter.clientId === undefined || filter.clientId === payload.clientId) &&
    (filter.grantId === undefined || filter.grantId === payload.grantId)
  )
}

/**
 * A stored grant has its scopes under `openid`, next to the rejected ones; the types of oidc-provider do not
 * declare that.
 */
function grantedScopes(payload: AdapterPayload): string[] {
  const grant = payload as { openid?: { scope?: string }; rejected?: { openid?: { scope?: string } } }
  const refused = new Set(grant.rejected?.openid?.scope?.split(' '))
  return (grant.openid?.scope ?? '').split(' ').filter((scope) => scope !== '' && !refused.has(scope))
}

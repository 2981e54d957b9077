// Bruno: `.bru` files (blocks of `name: value`), the JSON of an exported collection, and the YAML of newer
// collections.
import { textOf } from '../json-path.ts'
import { type Block, clientOfBlock, isBlock, type Variables } from './api-client-block.ts'
import type { ForeignClient } from './provider.ts'

const DEEPEST = 60

/** Null when the text has no `auth:oauth2` block. */
export function bruFileClients(content: string): ForeignClient[] | null {
  const blocks = bruBlocks(content)
  const oauth2 = blocks.get('auth:oauth2')
  if (oauth2 === undefined) return null
  const name = blocks.get('meta')?.['name']
  const variables = new Map(
    ['vars', 'vars:pre-request'].flatMap((block) => Object.entries(blocks.get(block) ?? {})),
  )
  const additionalParameters = {
    authorization: additional(blocks, 'auth_req'),
    token: additional(blocks, 'access_token_req'),
    refresh: additional(blocks, 'refresh_token_req'),
  }
  const client = clientOfBlock(name ?? 'Bruno', { ...oauth2, additionalParameters }, variables)
  return client === null ? null : [client]
}

function additional(blocks: ReadonlyMap<string, Record<string, string>>, request: string): Block[] {
  return ['headers', 'queryparams', 'body'].flatMap((sendIn) =>
    Object.entries(blocks.get(`auth:oauth2:additional_params:${request}:${sendIn}`) ?? {}).map(
      ([name, value]) => ({ name, value, sendIn }),
    ),
  )
}

/** `name {` … `}` at the start of a line; a `~` before an entry disables it. */
function bruBlocks(content: string): Map<string, Record<string, string>> {
  const blocks = new Map<string, Record<string, string>>()
  let current: Map<string, string> | null = null
  let name = ''
  let long: { key: string; lines: string[] } | null = null
  for (const line of content.split(/\r?\n/)) {
    // A value of several lines stands between lines of three quotes.
    if (long !== null) {
      if (line.trim() === "'''") {
        current?.set(long.key, long.lines.join('\n').trim())
        long = null
      } else long.lines.push(line.trim())
      continue
    }
    const opened = /^([a-z][\w:-]*)\s*\{\s*$/.exec(line)?.[1]
    if (opened !== undefined) {
      name = opened
      current = new Map()
    } else if (/^\}\s*$/.test(line)) {
      if (current !== null) blocks.set(name, Object.fromEntries(current))
      current = null
    } else {
      const [, key, value = ''] = /^\s+("(?:[^"\\]|\\.)*"|[^\s:"~][^:]*):\s?(.*)$/.exec(line) ?? []
      if (key === undefined) continue
      const entry = key.replaceAll(/^"|"$/g, '').trim()
      if (value.trim() === "'''") long = { key: entry, lines: [] }
      else current?.set(entry, value.trim().replace(/^'''(.*)'''$/s, '$1'))
    }
  }
  return blocks
}

/** Null when it contains no OAuth 2.0 block of Bruno. `value` is the parsed JSON or YAML. */
export function brunoClients(value: unknown): ForeignClient[] | null {
  const clients: ForeignClient[] = []
  walk(value, { name: 'Bruno', variables: new Map(), clients, depth: 0 })
  return clients.length === 0 ? null : clients
}

type Walk = { name: string; variables: Variables; clients: ForeignClient[]; depth: number }

function walk(value: unknown, at: Walk): void {
  if (at.depth > DEEPEST) return
  if (Array.isArray(value)) {
    for (const item of value) walk(item, { ...at, depth: at.depth + 1 })
    return
  }
  if (!isBlock(value)) return
  const info = isBlock(value['info']) ? value['info']['name'] : undefined
  const own = info ?? value['name']
  const name = typeof own === 'string' && own !== '' ? own : at.name
  const block = oauth2Of(value['auth'])
  if (block !== null) {
    const client = clientOfBlock(name, block, at.variables)
    if (client !== null) at.clients.push(client)
  }
  for (const key of ['items', 'root', 'request', 'http'])
    walk(value[key], { ...at, name, depth: at.depth + 1 })
}

/** JSON: `{mode: 'oauth2', oauth2: {…}}`; YAML: `{type: oauth2, flow, credentials: {…}, pkce: {…}}`. */
function oauth2Of(auth: unknown): Block | null {
  if (!isBlock(auth)) return null
  if (auth['mode'] === 'oauth2' && isBlock(auth['oauth2'])) return auth['oauth2']
  if (auth['type'] !== 'oauth2') return null
  const { credentials, pkce, resourceOwner: _owner, ...rest } = auth
  return {
    ...rest,
    ...(isBlock(credentials) ? credentials : {}),
    ...(isBlock(pkce)
      ? { pkce: pkce['enabled'] ?? pkce['disabled'] !== true, pkce_method: pkce['method'] }
      : { pkce }),
  }
}

// Insomnia: the JSON of version 4 (`_type: export`, a flat list) and the YAML of version 5 (a tree), both by
// their `authentication` blocks.

/** Null when it contains no OAuth 2.0 block of Insomnia. */
export function insomniaClients(value: unknown): ForeignClient[] | null {
  if (!isBlock(value)) return null
  const clients: ForeignClient[] = []
  walkInsomnia(value, { name: 'Insomnia', variables: variablesOf(value), clients, depth: 0 })
  return clients.length === 0 ? null : clients
}

type InsomniaWalk = { name: string; variables: Variables; clients: ForeignClient[]; depth: number }

function walkInsomnia(value: unknown, at: InsomniaWalk): void {
  if (at.depth > DEEPEST) return
  if (Array.isArray(value)) {
    for (const item of value) walkInsomnia(item, { ...at, depth: at.depth + 1 })
    return
  }
  if (!isBlock(value)) return
  const name = typeof value['name'] === 'string' && value['name'] !== '' ? value['name'] : at.name
  const { authentication } = value
  if (isBlock(authentication) && authentication['type'] === 'oauth2') {
    const client = clientOfBlock(name, authentication, at.variables)
    if (client !== null) at.clients.push(client)
  }
  for (const key of ['resources', 'collection', 'children'])
    walkInsomnia(value[key], { ...at, name, depth: at.depth + 1 })
}

/**
 * The base environment: in version 4 the one whose parent is a workspace, in version 5 the one at the top.
 */
function variablesOf(file: Block): Variables {
  const { resources, environments } = file
  const listed = Array.isArray(resources) ? resources.filter(isBlock) : []
  const base = listed.find(
    ({ _type: type, parentId }) => type === 'environment' && String(parentId).startsWith('wrk_'),
  )
  const data = base?.['data'] ?? (isBlock(environments) ? environments['data'] : undefined)
  return new Map(flat(isBlock(data) ? data : {}, ''))
}

function flat(data: Block, prefix: string): [string, string][] {
  return Object.entries(data).flatMap(([name, value]): [string, string][] => {
    const text = textOf(value)
    if (text !== null) return [[`${prefix}${name}`, text]]
    return isBlock(value) && prefix.length < 200 ? flat(value, `${prefix}${name}.`) : []
  })
}

// Postman: collections (v2, v2.1), a single request, or just an auth block.

/** Null when the JSON contains no OAuth 2.0 block of Postman. */
export function postmanClients(value: unknown): ForeignClient[] | null {
  if (!isBlock(value)) return null
  const clients: ForeignClient[] = []
  walkPostman(value, {
    name: nameOf(value) ?? 'Postman',
    variables: postmanVariables(value),
    clients,
    depth: 0,
  })
  return clients.length === 0 ? null : clients
}

type PostmanWalk = { name: string; variables: Variables; clients: ForeignClient[]; depth: number }

function walkPostman(value: unknown, at: PostmanWalk): void {
  if (at.depth > DEEPEST) return
  const inside = { ...at, depth: at.depth + 1 }
  if (Array.isArray(value)) {
    for (const item of value) walkPostman(item, inside)
    return
  }
  if (!isBlock(value)) return
  const name = nameOf(value) ?? at.name
  const { oauth2 } = value
  if (value['type'] === 'oauth2' && oauth2 !== undefined) {
    const client = clientOfBlock(name, fieldsOf(oauth2), at.variables)
    if (client !== null) at.clients.push(client)
    return
  }
  for (const [key, child] of Object.entries(value)) {
    if (['auth', 'item', 'request'].includes(key)) walkPostman(child, { ...inside, name })
  }
}

/** v2.1 has a list of keys and values where v2 has an object. */
function fieldsOf(oauth2: unknown): Block {
  if (!Array.isArray(oauth2)) return isBlock(oauth2) ? oauth2 : {}
  const pairs = oauth2
    .filter(isBlock)
    .flatMap(({ key, value }) => (typeof key === 'string' ? [[key, value]] : []))
  return Object.fromEntries(pairs) as Block
}

function nameOf(value: Block): string | null {
  const own = isBlock(value['info']) ? value['info']['name'] : value['name']
  return typeof own === 'string' && own.trim() !== '' ? own : null
}

function postmanVariables(collection: Block): Variables {
  const list = Array.isArray(collection['variable']) ? (collection['variable'] as unknown[]) : []
  return new Map(
    list.filter(isBlock).flatMap(({ key, value, disabled }): [string, string][] => {
      const text = textOf(value)
      return typeof key === 'string' && text !== null && disabled !== true ? [[key, text]] : []
    }),
  )
}

// Hoppscotch: a collection, or a list of them, with the settings of a client under `auth.grantTypeInfo`.

/** Null when the JSON contains no OAuth 2.0 block of Hoppscotch. */
export function hoppscotchClients(value: unknown): ForeignClient[] | null {
  const clients: ForeignClient[] = []
  walkHoppscotch(value, { name: 'Hoppscotch', variables: new Map(), clients, depth: 0 })
  return clients.length === 0 ? null : clients
}

function walkHoppscotch(value: unknown, at: Walk): void {
  if (at.depth > DEEPEST) return
  if (Array.isArray(value)) {
    for (const item of value) walkHoppscotch(item, { ...at, depth: at.depth + 1 })
    return
  }
  if (!isBlock(value)) return
  const name = typeof value['name'] === 'string' && value['name'] !== '' ? value['name'] : at.name
  const variables = new Map([...at.variables, ...hoppscotchVariables(value['variables'])])
  const { auth } = value
  if (isBlock(auth) && auth['authType'] === 'oauth-2') {
    const client = clientOfBlock(name, hoppscotchFields(auth), variables)
    if (client !== null) at.clients.push(client)
  }
  for (const key of ['folders', 'requests', 'collections'])
    walkHoppscotch(value[key], { ...at, name, variables, depth: at.depth + 1 })
}

/** Since version 2 of its files the settings stand in `grantTypeInfo`; before, beside `authType`. */
function hoppscotchFields(auth: Block): Block {
  const info = isBlock(auth['grantTypeInfo']) ? auth['grantTypeInfo'] : auth
  const grant = textOf(info['grantType'])?.toLowerCase()
  return {
    authUrl: info['authEndpoint'] ?? info['authURL'],
    accessTokenUrl: info['tokenEndpoint'] ?? info['accessTokenURL'],
    clientId: info['clientID'],
    clientSecret: info['clientSecret'],
    scope: info['scopes'] ?? info['scope'],
    usePkce: info['isPKCE'],
    challengeAlgorithm: info['codeVerifierMethod'],
    accessToken: info['token'],
    refreshToken: info['refreshToken'],
    username: info['username'],
    addTokenTo: (auth['addTo'] ?? info['addTo']) === 'QUERY_PARAMS' ? 'queryParams' : undefined,
    client_authentication:
      info['clientAuthentication'] === 'AS_BASIC_AUTH_HEADERS'
        ? 'header'
        : info['clientAuthentication'] === 'IN_BODY'
          ? 'body'
          : undefined,
    authRequestParams: hoppscotchParams(info['authRequestParams']),
    tokenRequestParams: hoppscotchParams(info['tokenRequestParams']),
    refreshRequestParams: hoppscotchParams(info['refreshRequestParams']),
    disabled: auth['authActive'] === false,
    ...(grant === undefined ? {} : { grant_type: grant }),
  }
}

function hoppscotchParams(list: unknown): Block[] {
  return (Array.isArray(list) ? list.filter(isBlock) : []).map(({ key, value, active, sendIn }) => ({
    key,
    value,
    enabled: active !== false,
    send_as: sendIn === 'headers' ? 'request_header' : undefined,
  }))
}

function hoppscotchVariables(list: unknown): Array<[string, string]> {
  return (Array.isArray(list) ? list.filter(isBlock) : []).flatMap((item): Array<[string, string]> => {
    const text = textOf(item['currentValue']) ?? textOf(item['initialValue']) ?? textOf(item['value'])
    return typeof item['key'] === 'string' && text !== null && item['secret'] !== true
      ? [[item['key'], text]]
      : []
  })
}

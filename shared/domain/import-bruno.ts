// Bruno: `.bru` files (blocks of `name: value`), the JSON of an exported collection, and the YAML of newer collections.
import { clientOfBlock, isBlock, type Block, type Variables } from './api-client-block.ts'
import type { ForeignClient } from './foreign-provider.ts'

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

/** `name {` … `}` at the start of a line; a `~` before an entry switches it off. */
function bruBlocks(content: string): Map<string, Record<string, string>> {
  const blocks = new Map<string, Record<string, string>>()
  let current: Map<string, string> | null = null
  let name = ''
  for (const line of content.split(/\r?\n/)) {
    const opened = /^([a-z][\w:-]*)\s*\{\s*$/.exec(line)?.[1]
    if (opened !== undefined) {
      name = opened
      current = new Map()
    } else if (/^\}\s*$/.test(line)) {
      if (current !== null) blocks.set(name, Object.fromEntries(current))
      current = null
    } else {
      const [, key, value = ''] = /^\s+("(?:[^"\\]|\\.)*"|[^\s:"~][^:]*):\s?(.*)$/.exec(line) ?? []
      if (key !== undefined) current?.set(key.replaceAll(/^"|"$/g, '').trim(), value.trim())
    }
  }
  return blocks
}

/** Null when there is no OAuth 2.0 block of Bruno's in it. `value` is the parsed JSON or YAML. */
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

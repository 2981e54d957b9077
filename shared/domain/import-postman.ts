// Postman: collections (v2, v2.1), a single request, or just an auth block.
import { clientOfBlock, isBlock, type Block, type Variables } from './api-client-block.ts'
import type { ForeignClient } from './foreign-provider.ts'
import { textOf } from './json-path.ts'

const DEEPEST = 60

/** Null when the JSON has no OAuth 2.0 block of Postman's. */
export function postmanClients(value: unknown): ForeignClient[] | null {
  if (!isBlock(value)) return null
  const clients: ForeignClient[] = []
  walk(value, { name: nameOf(value) ?? 'Postman', variables: variablesOf(value), clients, depth: 0 })
  return clients.length === 0 ? null : clients
}

type Walk = { name: string; variables: Variables; clients: ForeignClient[]; depth: number }

function walk(value: unknown, at: Walk): void {
  if (at.depth > DEEPEST) return
  const inside = { ...at, depth: at.depth + 1 }
  if (Array.isArray(value)) {
    for (const item of value) walk(item, inside)
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
    if (['auth', 'item', 'request'].includes(key)) walk(child, { ...inside, name })
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

function variablesOf(collection: Block): Variables {
  const list = Array.isArray(collection['variable']) ? (collection['variable'] as unknown[]) : []
  return new Map(
    list.filter(isBlock).flatMap(({ key, value, disabled }): [string, string][] => {
      const text = textOf(value)
      return typeof key === 'string' && text !== null && disabled !== true ? [[key, text]] : []
    }),
  )
}

// Insomnia: the JSON of version 4 (`_type: export`, a flat list) and the YAML of version 5 (a tree), both by their `authentication` blocks.
import { clientOfBlock, isBlock, type Block, type Variables } from './api-client-block.ts'
import type { ForeignClient } from './foreign-provider.ts'
import { textOf } from './json-path.ts'

const DEEPEST = 60

/** Null when there is no OAuth 2.0 block of Insomnia's in it. */
export function insomniaClients(value: unknown): ForeignClient[] | null {
  if (!isBlock(value)) return null
  const clients: ForeignClient[] = []
  walk(value, { name: 'Insomnia', variables: variablesOf(value), clients, depth: 0 })
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
  const name = typeof value['name'] === 'string' && value['name'] !== '' ? value['name'] : at.name
  const { authentication } = value
  if (isBlock(authentication) && authentication['type'] === 'oauth2') {
    const client = clientOfBlock(name, authentication, at.variables)
    if (client !== null) at.clients.push(client)
  }
  for (const key of ['resources', 'collection', 'children'])
    walk(value[key], { ...at, name, depth: at.depth + 1 })
}

/** The base environment: of version 4 the one whose parent is a workspace, of version 5 the one at the top. */
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

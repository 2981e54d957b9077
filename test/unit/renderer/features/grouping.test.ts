import { expect, test } from 'vitest'
import { groupConnections, matching } from '../../../../renderer/features/connections/connection-list.tsx'
import { grantSentence } from '../../../../renderer/features/apps/grants.ts'
import { looksLikeAddress, searchPresets } from '../../../../renderer/features/add/search.ts'
import { tokenLeft } from '../../../../renderer/lib/status.ts'
import { grant } from '../../../../shared/contract/app.ts'
import { presets } from '../../../../shared/presets/presets.ts'
import { livedIn } from '../../../support/window-host/seed.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const snapshot = livedIn(now)

test('what needs a person comes first, what ends soon before what is well', () => {
  const groups = groupConnections(snapshot.connections, now)
  expect(groups.map(({ key, connections }) => [key, connections.map(({ id }) => id)])).toEqual([
    ['attention', ['con_acme', 'con_slack']],
    ['retrying', ['con_dropbox']],
    ['ending', ['con_google_old']],
    ['connected', ['con_github_home', 'con_github_work', 'con_google', 'con_linear', 'con_notion']],
  ])
})

test('grouped by provider, each has its own group, by name', () => {
  const groups = groupConnections(snapshot.connections, now, 'provider')
  expect(groups.map(({ label, connections }) => [label, connections.length])).toEqual([
    ['Acme Cloud', 1],
    ['Dropbox', 1],
    ['GitHub', 2],
    ['Google (generic)', 2],
    ['Linear', 1],
    ['Notion', 1],
    ['Slack (bot, optional user token)', 1],
  ])
})

test('the filter finds by service, account, identity and scope, every word somewhere', () => {
  const ids = (query: string) => matching(snapshot.connections, query).map(({ id }) => id)
  expect(ids('github work')).toEqual(['con_github_work'])
  expect(ids('LOVELACE')).toEqual(['con_google'])
  expect(ids('orders.write')).toEqual(['con_acme'])
  expect(ids('github nobody')).toEqual([])
})

test('a dead token never shows a ring with something left in it', () => {
  const slack = snapshot.connections.find(({ id }) => id === 'con_slack')
  expect(tokenLeft({ ...slack!, expiresAt: now + 3_600_000 }, now).share).toBe(0)
  const google = snapshot.connections.find(({ id }) => id === 'con_google')
  expect(tokenLeft({ ...google!, expiresAt: now - 1 }, now).sentence).toMatch(/renewed at the next use/)
  expect(tokenLeft({ ...google!, expiresAt: now - 1, hasRefreshToken: false }, now).sentence).toMatch(
    /cannot be renewed/,
  )
})

test.each([
  [{ target: { kind: 'all' as const } }, 'Sends requests, without seeing the token, for every connection.'],
  [
    { target: { kind: 'all' as const }, token: true, proxy: true },
    'Gets tokens and sends requests for every connection.',
  ],
  [
    {
      target: { kind: 'connection' as const, connectionId: 'con_github_work' },
      token: true,
      proxy: false,
      approval: 'ask' as const,
    },
    'Gets tokens for GitHub · work, and asks you at each use.',
  ],
  [
    {
      target: { kind: 'provider' as const, providerId: 'prv_notion' },
      methods: ['GET' as const],
      hosts: ['api.notion.com'],
      paths: ['/v1/**'],
    },
    'Sends requests, without seeing the token, for every account at Notion, only GET, only to api.notion.com, only on /v1/**.',
  ],
  [
    { target: { kind: 'connection' as const, connectionId: 'gone' }, proxy: false },
    'Does nothing for a connection that is gone.',
  ],
])('a grant says what it allows (%#)', (sketch, sentence) => {
  expect(grantSentence(grant.parse(sketch), snapshot, now)).toBe(sentence)
})

test('a grant that has run out says so, and does not read as if it went on', () => {
  const over = grant.parse({ target: { kind: 'all' }, expiresAt: now - 60_000 })
  expect(grantSentence(over, snapshot, now)).toMatch(/ended \d\d:\d\d\.$/)
})

test('presets are found by any of their words, the nearest name first', () => {
  const [first] = searchPresets(presets, 'google')
  expect(first?.presets[0]?.slug).toBe('google')
  expect(searchPresets(presets, 'google calendar')[0]?.presets[0]?.slug).toBe('google_calendar')
  expect(searchPresets(presets, 'no such thing')).toEqual([])
})

test.each([
  ['https://auth.example.com', true],
  ['auth.example.com/realms/x', true],
  ['localhost:8080', true],
  ['127.0.0.1:9000/mcp', true],
  ['github', false],
  ['google drive', false],
  ['', false],
])('%j is meant as an address: %j', (typed, meant) => {
  expect(looksLikeAddress(typed)).toBe(meant)
})

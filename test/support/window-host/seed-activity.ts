import { createHash } from 'node:crypto'
import type { ActivityEntry, ActivityRow } from '../../../shared/contract/activity.ts'

const app = (appName: string): Pick<ActivityEntry, 'appId' | 'appName'> => ({
  appId: appName === 'Backup script' ? 'app_backup' : 'app_notes',
  appName,
})

const pattern: readonly ActivityEntry[] = [
  {
    kind: 'vend',
    outcome: 'ok',
    ...app('Backup script'),
    connectionId: 'con_github_work',
    providerSlug: 'github',
    account: 'work',
    status: 200,
    durationMs: 3,
  },
  {
    kind: 'proxy',
    outcome: 'ok',
    ...app('Notes agent'),
    connectionId: 'con_notion',
    providerSlug: 'notion',
    account: 'team',
    method: 'POST',
    host: 'api.notion.com',
    path: '/v1/search',
    status: 200,
    durationMs: 184,
    bytesOut: 212,
    bytesIn: 18_311,
  },
  {
    kind: 'refresh',
    outcome: 'ok',
    connectionId: 'con_google',
    providerSlug: 'google',
    account: 'private',
    durationMs: 241,
  },
  {
    kind: 'proxy',
    outcome: 'refused',
    ...app('Notes agent'),
    connectionId: 'con_github_work',
    providerSlug: 'github',
    account: 'work',
    method: 'DELETE',
    host: 'api.github.com',
    path: '/repos/acme/site',
    status: 403,
    code: 'forbidden',
    durationMs: 1,
    note: 'The grant allows GET only.',
  },
  {
    kind: 'approval',
    outcome: 'ok',
    ...app('Notes agent'),
    connectionId: 'con_github_work',
    providerSlug: 'github',
    account: 'work',
    note: 'allowed for 10 minutes',
  },
  {
    kind: 'refresh',
    outcome: 'failed',
    connectionId: 'con_slack',
    providerSlug: 'slack',
    account: 'acme',
    code: 'token_expired',
    durationMs: 302,
    note: 'invalid_grant',
  },
  {
    kind: 'proxy',
    outcome: 'ok',
    ...app('Backup script'),
    connectionId: 'con_dropbox',
    providerSlug: 'dropbox',
    account: 'photos',
    method: 'GET',
    host: 'api.dropboxapi.com',
    path: '/2/files/list_folder',
    status: 200,
    durationMs: 97,
    bytesOut: 0,
    bytesIn: 4211,
  },
  { kind: 'vault', outcome: 'ok', note: 'unlocked' },
]

/** So many rows, newest first, chained by hash. */
export function activityRows(count: number, now: number): ActivityRow[] {
  const rows: ActivityRow[] = []
  let prev = '0'.repeat(64)
  for (let seq = 1; seq <= count; seq += 1) {
    const entry = pattern[(seq * 7 + (seq >> 3)) % pattern.length] ?? pattern[0]
    if (entry === undefined) break
    const age = (count - seq) * 47_000 + Math.sin(seq) * 20_000
    const row = { ...entry, seq, at: Math.round(now - 20_000 - Math.max(0, age)), prev }
    const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex')
    rows.push({ ...row, hash })
    prev = hash
  }
  return rows.reverse()
}

// The hierarchy of scopes that providers document, as data of their presets.
import { describe, expect, it } from 'vitest'
import { fullSpecOf } from '../../../shared/contract/preset.ts'
import { missingScopes } from '../../../shared/domain/scope-comparison.ts'
import { presets } from '../../../shared/presets/presets.ts'

const missing = (slug: string, asked: string, granted: string): string => {
  const preset = presets.find((each) => each.slug === slug)
  if (preset === undefined) throw new Error(slug)
  return missingScopes(asked.split(' '), granted.split(' '), fullSpecOf(preset).scopes).join(' ')
}

const google = 'https://www.googleapis.com/auth'
const graph = 'https://graph.microsoft.com'

type Row = [preset: string, asked: string, granted: string, missing: string]

describe('a preset compares scopes as its provider does', () => {
  it.each<Row>([
    ['github', 'repo public_repo repo:status', 'repo', ''],
    ['github', 'repo', 'public_repo', 'repo'],
    ['github', 'user read:user user:email user:follow', 'user', ''],
    ['github', 'read:user user:email', 'user:email', 'read:user'],
    ['github', 'admin:org write:org read:org', 'admin:org', ''],
    ['github', 'read:repo_hook read:public_key', 'admin:repo_hook admin:public_key', ''],
    ['github', 'read:packages delete:packages', 'write:packages', 'delete:packages'],
    ['gitlab', 'api read_api read_user', 'api', ''],
    ['gitlab', 'read_repository', 'write_repository', ''],
    ['gitlab', 'read_repository', 'api', 'read_repository'],
    ['google', 'openid email profile', `openid ${google}/userinfo.email ${google}/userinfo.profile`, ''],
    ['google', `${google}/userinfo.email`, 'email', ''],
    ['google_calendar', `${google}/calendar.events.readonly`, `${google}/calendar`, ''],
    [
      'google_calendar',
      `${google}/calendar.events`,
      `${google}/calendar.readonly`,
      `${google}/calendar.events`,
    ],
    ['google_drive', `${google}/drive.metadata.readonly ${google}/drive.file`, `${google}/drive`, ''],
    ['gmail', `${google}/gmail.readonly ${google}/gmail.send`, 'https://mail.google.com/', ''],
    ['gmail', `${google}/gmail.send`, `${google}/gmail.readonly`, `${google}/gmail.send`],
    ['youtube', `${google}/youtube.readonly`, `${google}/youtube.force-ssl`, ''],
    ['microsoft', 'User.Read Mail.Read', `${graph}/User.Read ${graph}/Mail.Read`, ''],
    ['microsoft', `${graph}/User.Read ${graph}/Mail.Read`, 'User.Read Mail.Read', ''],
    ['microsoft', 'user.read MAIL.READ', 'User.Read Mail.Read', ''],
    ['microsoft', `${graph}/.default offline_access openid`, `${graph}/User.Read`, ''],
    ['microsoft', 'User.Read Mail.Send', `${graph}/.default`, ''],
    ['microsoft', 'openid profile email offline_access User.Read', 'User.Read', ''],
    [
      'microsoft',
      'https://vault.azure.net/user_impersonation',
      'User.Read',
      'https://vault.azure.net/user_impersonation',
    ],
    ['outlook', 'Mail.Read Mail.ReadBasic Mail.Send', 'mail.readwrite', 'Mail.Send'],
    ['onedrive', 'Files.Read', `${graph}/Files.ReadWrite.All`, ''],
    ['forgejo', 'read:user read:repository', 'read:user write:repository', ''],
    ['forgejo', 'read:user write:issue', 'all', ''],
    ['sentry', 'org:read project:write event:read', 'org:admin project:admin event:write', ''],
    ['sentry', 'project:releases', 'project:admin', 'project:releases'],
    ['heroku', 'identity read write-protected', 'global', ''],
    ['heroku', 'identity read', 'write', 'identity'],
    ['huggingface', 'read-repos write-repos', 'manage-repos', ''],
    ['todoist', 'data:read task:add data:delete', 'data:read_write', 'data:delete'],
    ['mastodon', 'read:statuses write:media', 'read write', ''],
    ['mastodon', 'write:statuses', 'read', 'write:statuses'],
    ['strava', 'activity:read', 'activity:read_all', ''],
    ['salesforce', 'offline_access profile', 'refresh_token id', ''],
    ['salesforce', 'api refresh_token', 'full', 'refresh_token'],
    ['shopify', 'read_products write_products', 'write_products', ''],
    ['shopify', 'read_products read_orders', 'write_products', 'read_orders'],
    ['zoho', 'ZohoCRM.modules.READ ZohoCRM.modules.leads.READ', 'ZohoCRM.modules.ALL', ''],
    ['zendesk', 'tickets:read users:read tickets:write', 'read', 'tickets:write'],
    ['stripe', 'read_only', 'read_write', ''],
    ['box', 'root_readonly', 'root_readwrite', ''],
    ['xero', 'accounting.contacts.read accounting.settings', 'accounting.contacts', 'accounting.settings'],
    ['twitch', 'channel:read:polls', 'channel:manage:polls', ''],
    ['webex', 'spark:messages_read spark:kms', 'spark:all', 'spark:kms'],
    ['pipedrive', 'deals:read contacts:read', 'deals:full', 'contacts:read'],
    ['slack', 'channels:read', 'channels:history', 'channels:read'],
    ['discord', 'guilds', 'guilds.members.read', 'guilds'],
  ])('%s: %s of %s lacks "%s"', (slug, asked, granted, lacks) => {
    expect(missing(slug, asked, granted)).toBe(lacks)
  })

  it.each(presets.map((each) => [each.slug, each] as const))(
    '%s: its own default scopes lack nothing when they are granted',
    (_slug, preset) => {
      const { scopes } = fullSpecOf(preset)
      expect(missingScopes(preset.defaultScopes, preset.defaultScopes, scopes)).toEqual([])
    },
  )
})

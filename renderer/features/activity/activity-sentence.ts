import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { isolated, shown } from '../../../shared/contract/name.ts'
import { text } from '../../lib/text.ts'

const words = text.activity

/** A slug's name; the slug itself when the provider is gone. */
export type NameOf = (slug: string) => string

/** What a row says, as one sentence. */
export function activitySentence(row: ActivityRow, providerName: NameOf): string {
  const app = row.appName === undefined ? words.somebody : isolated(row.appName)
  const connection = connectionOf(row, providerName)
  switch (row.kind) {
    case 'approval':
      return approvalSentence(row, app, connection)
    case 'vend':
      return `${app} ${words.sentences[row.kind][row.outcome]} ${connection}`
    case 'proxy': {
      const request = [row.method, shown(`${row.host ?? ''}${row.path ?? ''}`)].filter(Boolean).join(' ')
      return `${app} ${words.sentences.proxy[row.outcome]} ${request} · ${connection}`
    }
    case 'refresh':
    case 'connect':
    case 'disconnect':
    case 'failure':
      return `${connection} ${words.sentences[row.kind][row.outcome]}`
    default: {
      const subject =
        row.kind === 'app'
          ? row.appName && isolated(row.appName)
          : row.kind === 'provider' && row.providerSlug !== undefined
            ? isolated(providerName(row.providerSlug))
            : undefined
      return [words.other[row.kind][row.outcome], subject].filter(Boolean).join(': ')
    }
  }
}

/** Without a connection it was about pairing the program. */
function approvalSentence(row: ActivityRow, app: string, connection: string): string {
  const isUnanswered = row.code !== undefined && row.code !== 'approval_denied'
  if (row.connectionId === undefined) {
    if (row.outcome === 'ok') return words.pairing.ok(app)
    return isUnanswered ? words.pairing.unanswered(app) : words.pairing.denied(app)
  }
  const outcome = isUnanswered ? 'failed' : row.outcome
  return `${app} ${words.sentences.approval[outcome]} ${connection}`
}

export function connectionOf({ providerSlug, account }: ActivityRow, providerName: NameOf): string {
  const parts = [providerSlug === undefined ? undefined : providerName(providerSlug), account].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? words.someConnection : parts.map(isolated).join(' · ')
}

import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { text } from '../../lib/text.ts'

const words = text.activity

/** What a row says, as one sentence. */
export function activitySentence(row: ActivityRow): string {
  const app = row.appName ?? words.somebody
  const connection = connectionOf(row)
  switch (row.kind) {
    case 'vend':
    case 'approval':
      return `${app} ${words.sentences[row.kind][row.outcome]} ${connection}`
    case 'proxy': {
      const request = [row.method, `${row.host ?? ''}${row.path ?? ''}`].filter(Boolean).join(' ')
      return `${app} ${words.sentences.proxy[row.outcome]} ${request} · ${connection}`
    }
    case 'refresh':
    case 'connect':
    case 'disconnect':
    case 'failure':
      return `${connection} ${words.sentences[row.kind][row.outcome]}`
    default: {
      const subject =
        row.kind === 'app' ? row.appName : row.kind === 'provider' ? row.providerSlug : undefined
      return [words.other[row.kind][row.outcome], subject].filter(Boolean).join(': ')
    }
  }
}

export function connectionOf({ providerSlug, account }: ActivityRow): string {
  const parts = [providerSlug, account].filter((part) => part !== undefined)
  return parts.length === 0 ? words.someConnection : parts.join(' · ')
}

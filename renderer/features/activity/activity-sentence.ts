import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { text } from '../../lib/text.ts'

const words = text.activity

/** A slug's name; the slug itself when the provider is gone. */
export type NameOf = (slug: string) => string

/** What a row says, as one sentence. */
export function activitySentence(row: ActivityRow, providerName: NameOf): string {
  const app = row.appName ?? words.somebody
  const connection = connectionOf(row, providerName)
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
        row.kind === 'app'
          ? row.appName
          : row.kind === 'provider' && row.providerSlug !== undefined
            ? providerName(row.providerSlug)
            : undefined
      return [words.other[row.kind][row.outcome], subject].filter(Boolean).join(': ')
    }
  }
}

export function connectionOf({ providerSlug, account }: ActivityRow, providerName: NameOf): string {
  const parts = [providerSlug === undefined ? undefined : providerName(providerSlug), account].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? words.someConnection : parts.join(' · ')
}

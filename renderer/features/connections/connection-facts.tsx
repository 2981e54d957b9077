import { isolated } from '../../../shared/contract/name.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { Facts, type Fact } from '../../components/facts.tsx'
import { Moment } from '../../components/moment.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'

export function ConnectionFacts({ connection }: { connection: ConnectionView }) {
  const words = text.connections.detail
  const { fields } = words
  const facts: (Fact | null)[] = [
    { label: fields.identity, value: isolated(connection.identity.label ?? text.common.unknown) },
    {
      label: fields.provider,
      value: (
        <a
          className="text-accent hover:underline"
          href={hrefOf({ name: 'provider', id: connection.providerId, tab: 'overview' })}
        >
          {isolated(connection.providerName)}
        </a>
      ),
    },
    { label: fields.how, value: words.how[connection.how] },
    { label: fields.connectedAt, value: <Moment at={connection.createdAt} /> },
    { label: fields.authorizedAt, value: <Moment at={connection.lastAuthorizedAt} /> },
    { label: fields.issuedAt, value: <Moment at={connection.issuedAt} /> },
    { label: fields.expiresAt, value: moment(connection.expiresAt, words.notSaid) },
    { label: fields.nextRefresh, value: moment(connection.nextRefreshAt, words.onUse) },
    { label: fields.refreshToken, value: connection.hasRefreshToken ? words.yes : words.no },
    connection.hasRefreshToken
      ? { label: fields.refreshExpires, value: moment(connection.refreshTokenExpiresAt, words.notSaid) }
      : null,
    { label: fields.generation, value: connection.generation },
    { label: fields.lastUsed, value: moment(connection.lastUsedAt, text.common.never) },
    connection.apiBaseUrl === null ? null : { label: fields.api, value: mono(connection.apiBaseUrl) },
    { label: fields.id, value: mono(connection.id) },
  ]
  return <Facts facts={facts.filter((fact): fact is Fact => fact !== null)} />
}

function moment(at: number | null, otherwise: string) {
  return at === null ? otherwise : <Moment at={at} />
}

function mono(value: string) {
  return <code className="text-xs break-all select-all">{value}</code>
}

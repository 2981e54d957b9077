import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { type Fact, Facts, Moment, ScopeList } from '../../components/display/facts.tsx'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Card, Rows } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { appsOf, grantSentence, reaches } from '../apps/grants.ts'
import { useConnectionDialogs } from './dialog-context.ts'

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

export function ConnectionAccess({ connection }: { connection: ConnectionView }) {
  const { providers } = useSnapshot()
  const open = useConnectionDialogs()
  const meanings = providers.find(({ id }) => id === connection.providerId)?.spec.scopes.meanings ?? {}
  const words = text.connections.detail
  const wasRequested = connection.missingScopes.every((scope) => connection.requestedScopes.includes(scope))
  return (
    <Card className="flex flex-col gap-4 px-4 py-3.5">
      {connection.grantedScopes.length === 0 ? (
        <p className="text-muted text-sm">{words.nothingGranted}</p>
      ) : (
        <>
          {!connection.scopesConfirmed && <p className="text-muted text-sm">{words.unconfirmed}</p>}
          <ScopeList
            scopes={connection.grantedScopes}
            meanings={meanings}
            standing={connection.scopesConfirmed ? 'granted' : 'unconfirmed'}
          />
        </>
      )}
      {connection.missingScopes.length > 0 && (
        <div className="border-line flex flex-col items-start gap-2 border-t pt-3.5">
          <h3 className="text-sm font-medium">{wasRequested ? words.missing : words.notYet}</h3>
          <ScopeList scopes={connection.missingScopes} meanings={meanings} standing="missing" />
          <Button size="sm" className="mt-1" onClick={() => open({ kind: 'scopes', connection })}>
            {wasRequested ? words.missingAction : text.connections.upgradeNow}
          </Button>
        </div>
      )}
    </Card>
  )
}

export function ConnectionApps({ connection }: { connection: ConnectionView }) {
  const snapshot = useSnapshot()
  const apps = appsOf(connection, snapshot.apps)
  const words = text.connections.detail
  if (apps.length === 0) {
    return (
      <Card className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
        <p className="text-muted text-sm">{words.nobody}</p>
        <a
          href={hrefOf({ name: 'new-app', connectionId: connection.id })}
          className={buttonClasses('secondary', 'sm')}
        >
          {words.makeApp}
        </a>
      </Card>
    )
  }
  return (
    <Rows>
      {apps.map((app) => (
        <div key={app.id} className="flex min-w-0 flex-wrap items-baseline justify-between gap-x-4">
          <a
            href={hrefOf({ name: 'app', id: app.id })}
            className="text-ink min-w-0 text-sm font-medium break-words hover:underline"
          >
            {isolated(app.name)}
          </a>
          <p className="text-muted min-w-0 text-xs">
            {app.grants
              .filter((grant) => reaches(grant, connection))
              .map((grant) => grantSentence(grant, snapshot))
              .join(' ')}
          </p>
        </div>
      ))}
    </Rows>
  )
}

import { isolated } from '../../../shared/contract/name.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { CopyField } from '../../components/display/copy.tsx'
import { type Fact, Facts, Moment, ScopeList } from '../../components/display/facts.tsx'
import { Card, PageSection } from '../../components/layout/page.tsx'
import { ClientKeys } from './client-keys.tsx'
import { StatusBadge } from '../connections/status-badge.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.providers.overview

export function ProviderOverview({ provider, preset }: { provider: ProviderView; preset: Preset | null }) {
  return (
    <>
      <PageSection title={words.connections}>
        <Connections provider={provider} />
      </PageSection>
      {provider.redirectUri !== null && (
        <PageSection title={text.add.form.redirectUri} hint={provider.redirectNote ?? undefined}>
          <CopyField
            label={text.add.form.redirectUri}
            value={provider.redirectUri}
            copyLabel={text.add.form.copyRedirect}
          />
        </PageSection>
      )}
      {provider.spec.client.auth === 'private_key_jwt' && <ClientKeys provider={provider} />}
      <PageSection title={words.setup}>
        <SetUp provider={provider} preset={preset} />
      </PageSection>
      <PageSection title={words.scopes}>
        <Card className="px-4 py-3.5">
          {provider.scopes.length === 0 ? (
            <p className="text-muted text-sm">{text.common.none}</p>
          ) : (
            <ScopeList scopes={provider.scopes} meanings={provider.spec.scopes.meanings} />
          )}
        </Card>
      </PageSection>
    </>
  )
}

function Connections({ provider }: { provider: ProviderView }) {
  const { connections } = useSnapshot()
  const now = useNow(15_000)
  const own = connections.filter(({ providerId }) => providerId === provider.id)
  if (own.length === 0) {
    return (
      <Card className="text-muted px-4 py-3 text-sm">
        <p>{words.none}</p>
      </Card>
    )
  }
  return (
    <Card>
      <ul className="divide-line divide-y">
        {own.map((connection) => (
          <li key={connection.id} className="flex items-center gap-3 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <a
                href={hrefOf({ name: 'connection', id: connection.id })}
                className="text-ink text-sm font-medium hover:underline"
              >
                {isolated(connection.account)}
              </a>
              {connection.identity.label !== null && connection.identity.label !== connection.account && (
                <span className="text-muted ml-2 text-xs">{isolated(connection.identity.label)}</span>
              )}
            </div>
            <StatusBadge connection={connection} now={now} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function SetUp({ provider, preset }: { provider: ProviderView; preset: Preset | null }) {
  const { endpoints, discovery, api } = provider.spec
  const facts: (Fact | null)[] = [
    preset === null ? null : { label: words.preset, value: preset.name },
    { label: words.clientId, value: provider.clientId === '' ? text.common.none : mono(provider.clientId) },
    { label: words.secret, value: provider.hasClientSecret ? words.secretStored : words.secretNone },
    provider.clientSecretExpiresAt === null
      ? null
      : { label: words.secretEnds, value: <Moment at={provider.clientSecretExpiresAt} /> },
    { label: words.flow, value: words.flows[provider.flow] },
    address(words.issuer, discovery.issuer),
    address(words.authorization, endpoints.authorization),
    address(words.token, endpoints.token),
    address(words.api, api.baseUrl),
    ...Object.entries(provider.parameters).map(([label, value]) => ({ label, value: mono(value) })),
    { label: words.changed, value: <Moment at={provider.updatedAt} /> },
  ]
  return <Facts facts={facts.filter((fact): fact is Fact => fact !== null)} />
}

function address(label: string, url: string | null): Fact | null {
  return url === null ? null : { label, value: mono(url) }
}

function mono(value: string) {
  return <code className="text-xs break-all">{value}</code>
}

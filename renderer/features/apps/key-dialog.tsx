import type { AppView } from '../../../shared/contract/app.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { may, type AppUse } from '../../../shared/domain/app-policy.ts'
import { Button } from '../../components/input/button.tsx'
import { CodeBlock, CopyField } from '../../components/display/copy.tsx'
import { ConfirmDialog } from '../../components/feedback/dialog.tsx'
import { shellQuoted, snippet, type SnippetWay } from '../../lib/snippets.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { snippetSubject } from '../connections/snippet-dialog.tsx'
import { appsOf } from './grants.ts'

const words = text.apps.key

export type FreshKey = { app: AppView; key: string }

type FirstCall = { connection: ConnectionView; way: SnippetWay; isAsked: boolean }

/** A call that succeeds unchanged with this key, by the same rule that will authorize it. */
function firstCall(app: AppView, reached: readonly ConnectionView[]): FirstCall | null {
  const workingFirst = [...reached].sort((a, b) => weight(a) - weight(b))
  for (const connection of workingFirst) {
    for (const [way, use] of usesOf(connection)) {
      const verdict = may(app, use, connection, Date.now())
      if (verdict.kind !== 'deny') return { connection, way, isAsked: verdict.kind === 'ask' }
    }
  }
  return null
}

const weight = ({ lastOutcome }: ConnectionView): number => (lastOutcome.status === 'ok' ? 0 : 1)

function usesOf({ probe }: ConnectionView): Array<[SnippetWay, AppUse]> {
  const token: [SnippetWay, AppUse] = ['token', { what: 'token' }]
  if (probe === null) return [token]
  const { host, pathname } = new URL(probe.url)
  return [token, ['request', { what: 'proxy', method: probe.method, host, path: pathname }]]
}

/** The only time that a key is shown. Only the button closes it, so that Escape cannot lose the key. */
export function KeyDialog({ fresh, onSaved }: { fresh: FreshKey; onSaved: () => void }) {
  const snapshot = useSnapshot()
  const { app, key } = fresh
  const reached = snapshot.connections.filter((connection) => appsOf(connection, [app]).length > 0)
  const first = firstCall(app, reached)
  return (
    <ConfirmDialog
      open
      onClose={() => undefined}
      title={words.title}
      width="lg"
      footer={
        <Button look="primary" onClick={onSaved}>
          {words.done}
        </Button>
      }
    >
      <p>{words.lead(app.name)}</p>
      <CopyField label={words.label} value={key} copyLabel={words.copy} />
      {reached.length > 0 && <p className="text-ink mt-2 text-sm font-medium">{words.tryIt}</p>}
      {reached.length > 0 && first === null && <p className="text-muted text-sm">{words.noSnippet}</p>}
      {first !== null && (
        <>
          <CodeBlock
            label={words.tryIt}
            copyLabel={words.copySnippet}
            code={[
              `KEYWAY_KEY=${shellQuoted(key)}`,
              snippet('curl', first.way, snippetSubject(first.connection, snapshot)),
            ].join('\n')}
          />
          {first.isAsked && <p className="text-muted text-xs">{words.approvalFirst}</p>}
        </>
      )}
    </ConfirmDialog>
  )
}

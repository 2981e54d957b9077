import type { AppView } from '../../../shared/contract/app.ts'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { CopyField } from '../../components/copy-field.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { shellQuoted, snippet } from '../../lib/snippets.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { snippetSubject } from '../connections/snippet-subject.ts'
import { reaches } from './apps-of.ts'

const words = text.apps.key

export type FreshKey = { app: AppView; key: string }

/** The only time a key is seen. Nothing but the button closes it, so that a stray Escape cannot lose the key. */
export function KeyDialog({ fresh, onSaved }: { fresh: FreshKey; onSaved: () => void }) {
  const snapshot = useSnapshot()
  const { app, key } = fresh
  const reached = snapshot.connections.find((connection) =>
    app.grants.some((grant) => reaches(grant, connection)),
  )
  const mayGetTokens =
    reached !== undefined && app.grants.some((grant) => grant.token && reaches(grant, reached))
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
      {reached !== undefined && (
        <>
          <p className="text-ink mt-2 text-sm font-medium">{words.tryIt}</p>
          <CodeBlock
            label={words.tryIt}
            copyLabel={words.copySnippet}
            code={[
              `KEYWAY_KEY=${shellQuoted(key)}`,
              snippet('curl', mayGetTokens ? 'token' : 'request', snippetSubject(reached, snapshot)),
            ].join('\n')}
          />
        </>
      )}
    </ConfirmDialog>
  )
}

import { useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import { CodeBlock, CopyButton } from '../../components/display/copy.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { buttonClasses } from '../../components/input/button.tsx'
import { Segmented } from '../../components/input/choices.tsx'
import { hrefOf } from '../../lib/route.ts'
import {
  snippet,
  type SnippetLanguage,
  snippetLanguages,
  type SnippetSubject,
  type SnippetWay,
} from '../../lib/snippets.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.connections.snippet

export function SnippetDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const snapshot = useSnapshot()
  const [language, setLanguage] = useState<SnippetLanguage>('curl')
  const [way, setWay] = useState<SnippetWay>('token')
  const code = snippet(language, way, snippetSubject(connection, snapshot))
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      description={`${connectionName(connection)}. ${words.lead}`}
      width="lg"
      footer={
        <>
          <a
            href={hrefOf({ name: 'new-app', connectionId: connection.id, needs: way })}
            onClick={onClose}
            className={buttonClasses('secondary', 'md')}
          >
            {words.makeKey}
          </a>
          <CopyButton value={code} label={words.copy} look="primary" />
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap justify-between gap-2">
          <Segmented
            label={words.language}
            value={language}
            onChange={setLanguage}
            segments={snippetLanguages.map((value) => ({ value, label: words.languages[value] }))}
          />
          <Segmented
            label={words.way}
            value={way}
            onChange={setWay}
            segments={[
              { value: 'token', label: words.token },
              { value: 'request', label: words.request },
            ]}
          />
        </div>
        <CodeBlock code={code} label={words.languages[language]} copyLabel={words.copy} />
        <p className="text-muted text-xs">
          {way === 'token' ? words.tokenHint : words.requestHint} {words.keyHint}
        </p>
      </div>
    </Dialog>
  )
}

/** The facts that a snippet for this connection needs. */
export function snippetSubject(
  { providerSlug, account, id, probe, apiBaseUrl }: ConnectionView,
  { server }: Pick<Snapshot, 'server'>,
): SnippetSubject {
  return { serverUrl: server.url, providerSlug, account, connectionId: id, probe, apiBaseUrl }
}

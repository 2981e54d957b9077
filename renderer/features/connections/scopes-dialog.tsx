import { useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { Button } from '../../components/input/button.tsx'
import { ChipsInput } from '../../components/input/chips-input.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Field } from '../../components/input/field.tsx'
import { ScopeList } from '../../components/display/facts.tsx'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'

const words = text.connections.scopesDialog

export function ScopesDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const { providers } = useSnapshot()
  const [scopes, setScopes] = useState<string[]>(connection.missingScopes)
  const signIn = useStartSignIn()
  const meanings = providers.find(({ id }) => id === connection.providerId)?.spec.scopes.meanings ?? {}

  const start = async (): Promise<void> => {
    const begun = await signIn.start({
      providerId: connection.providerId,
      connectionId: connection.id,
      addScopes: scopes,
    })
    if (begun) onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      description={words.lead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button
            look="primary"
            pending={signIn.pending}
            disabled={scopes.length === 0}
            onClick={() => void start()}
          >
            {words.start}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Field label={words.label} hint={words.hint}>
          {(ids) => (
            <ChipsInput
              {...ids}
              kind="scopes"
              values={scopes}
              onChange={setScopes}
              meaningOf={(scope) => meanings[scope]}
            />
          )}
        </Field>
        {connection.grantedScopes.length > 0 && <GrantedScopes connection={connection} meanings={meanings} />}
      </div>
    </Dialog>
  )
}

function GrantedScopes({
  connection,
  meanings,
}: {
  connection: ConnectionView
  meanings: Readonly<Record<string, string>>
}) {
  return (
    <div>
      <h3 className="mb-2 text-sm font-medium">
        {connection.scopesConfirmed ? words.granted : words.requested}
      </h3>
      <ScopeList
        scopes={connection.grantedScopes}
        meanings={meanings}
        standing={connection.scopesConfirmed ? 'granted' : 'unconfirmed'}
      />
    </div>
  )
}

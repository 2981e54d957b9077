import { LockKeyhole } from 'lucide-react'
import { useRef, useState, type RefObject } from 'react'
import type { VaultView } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/input/button.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Field } from '../../components/input/field.tsx'
import { SecretInput } from '../../components/input/inputs.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { usePageTitle } from '../../lib/window-title.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { useCall } from '../../stores/use-call.ts'
import { StartOverDialog } from './start-over.tsx'

export function Locked({ vault }: { vault: Extract<VaultView, { kind: 'locked' }> }) {
  const [passphrase, setPassphrase] = useState('')
  const unlock = useCall('vault.unlock')
  const [startingOver, setStartingOver] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const isWrong = unlock.failure?.code === 'wrong_passphrase'
  usePageTitle(text.vault.lockedTitle)

  const submit = async (): Promise<void> => {
    await unlock.run(vault.needsPassphrase ? { passphrase } : {})
    field.current?.focus()
    field.current?.select()
  }

  return (
    <main className="grid h-full place-items-center overflow-auto p-6">
      <form
        aria-label={text.vault.lockedTitle}
        className="animate-rise flex w-full max-w-sm flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Heading reason={vault.reason} />
        {vault.needsPassphrase && (
          <Passphrase
            field={field}
            value={passphrase}
            isWrong={isWrong}
            onChange={(typed) => {
              setPassphrase(typed)
              if (unlock.failure !== null) unlock.forget()
            }}
          />
        )}
        <Failure failure={isWrong ? null : unlock.failure} />
        <Button
          look="primary"
          type="submit"
          className="h-9"
          pending={unlock.pending}
          disabled={vault.needsPassphrase && passphrase === ''}
        >
          {vault.needsPassphrase ? text.vault.unlock : text.vault.unlockKeychain}
        </Button>
        <StopWaiting call={unlock} />
        <AskedMeanwhile />
        <Button look="ghost" size="sm" className="self-center" onClick={() => setStartingOver(true)}>
          {vault.needsPassphrase ? text.vault.forgot : text.vault.cannotUnlock}
        </Button>
        <p role="status" className="text-muted text-center text-xs text-pretty">
          {unlock.slow && !vault.needsPassphrase ? text.vault.waitingForKeychain : text.vault.lockedLead}
        </p>
      </form>
      {startingOver && <StartOverDialog onClose={() => setStartingOver(false)} />}
    </main>
  )
}

function Heading({ reason }: { reason: string }) {
  return (
    <div className="flex flex-col items-center text-center">
      <span
        aria-hidden="true"
        className="border-line bg-surface text-accent shadow-card mb-4 grid size-14 place-items-center rounded-xl border"
      >
        <LockKeyhole className="size-6" />
      </span>
      <h1 className="text-ink text-xl font-semibold tracking-tight">{text.vault.lockedTitle}</h1>
      <p className="text-muted mt-1 text-sm text-pretty">{reason}</p>
    </div>
  )
}

type PassphraseProps = {
  field: RefObject<HTMLInputElement | null>
  value: string
  isWrong: boolean
  onChange: (typed: string) => void
}

function Passphrase({ field, value, isWrong, onChange }: PassphraseProps) {
  return (
    <Field label={text.vault.passphrase} error={isWrong ? text.vault.wrong : undefined} required announced>
      {(ids) => (
        <SecretInput
          {...ids}
          ref={field}
          // Focused at once, because typing in it is the only purpose of the screen.
          autoFocus
          autoComplete="current-password"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

/** The apps that requested approval while nobody could answer. */
function AskedMeanwhile() {
  const { lockedAsks } = useSnapshot()
  const words = text.approval
  return (
    <div role="status">
      {lockedAsks.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {lockedAsks.map(({ appName, appId, what, providerName, account, count }) => (
            <li
              key={JSON.stringify([appId, what, providerName, account])}
              className="bg-wait-soft text-ink rounded-md px-3 py-2 text-xs text-pretty break-words"
            >
              {providerName === null || account === null
                ? words.lockedPair(appName)
                : words.lockedUse(appName, connectionName({ providerName, account }))}{' '}
              {count > 1 && <span className="text-muted whitespace-nowrap">{words.lockedTimes(count)}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

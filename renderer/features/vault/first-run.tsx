import { KeyRound, Laptop, ShieldCheck } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/input/button.tsx'
import { ChoiceCards } from '../../components/input/choices.tsx'
import { Disclosure } from '../../components/layout/page.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Logo } from '../../components/brand/logo.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { emptyPassphrase, focusPassphrase, NewPassphrase, passphraseProblem } from './new-passphrase.tsx'

const promiseIcons: readonly ReactNode[] = [
  <Laptop key="laptop" aria-hidden="true" />,
  <ShieldCheck key="shield" aria-hidden="true" />,
  <KeyRound key="key" aria-hidden="true" />,
]

/** Introduces Keyway and asks for the one choice that it needs before anything can be stored. */
export function FirstRun({ protectors }: { protectors: readonly KeyWrapperView[] }) {
  return (
    <main className="h-full overflow-auto">
      <div className="mx-auto grid min-h-full w-full max-w-5xl items-center gap-x-16 gap-y-8 px-6 py-10 md:grid-cols-2">
        <div className="animate-rise">
          <Logo className="mb-5 size-14" />
          <h1 className="text-ink text-2xl font-semibold tracking-[-0.022em]">{text.vault.welcome}</h1>
          <p className="text-muted mt-2 max-w-md text-lg text-pretty">{text.vault.oneSentence}</p>
          <ul className="mt-6 flex max-w-md flex-col gap-3">
            {text.vault.promises.map((promise, index) => (
              <li key={promise} className="text-muted flex gap-3 text-sm text-pretty">
                <span className="text-accent mt-0.5 [&>svg]:size-4">{promiseIcons[index]}</span>
                {promise}
              </li>
            ))}
          </ul>
        </div>
        <VaultChoice protectors={protectors} />
      </div>
    </main>
  )
}

function VaultChoice({ protectors }: { protectors: readonly KeyWrapperView[] }) {
  const [kind, setKind] = useState(protectors.find(({ usable }) => usable)?.kind ?? 'passphrase')
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const initialise = useCall('vault.initialise')
  const problem = kind === 'passphrase' ? passphraseProblem(typed) : null

  const usable = protectors.filter((protector) => protector.usable)

  const submit = (form: HTMLFormElement): void => {
    setSubmitted(true)
    if (problem !== null) {
      focusPassphrase(form, problem)
      return
    }
    const wanted = kind === 'passphrase' ? { protector: kind, passphrase: typed.first } : { protector: kind }
    void initialise.run(wanted).then((made) => {
      if (made === null) focusPassphrase(form, 'too-short')
    })
  }

  return (
    <form
      aria-label={text.vault.chooseTitle}
      className="border-line bg-surface shadow-card flex flex-col gap-4 rounded-xl border p-6 max-sm:p-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit(event.currentTarget)
      }}
    >
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{text.vault.chooseTitle}</h2>
        {usable.length > 1 && <p className="text-muted text-sm text-pretty">{text.vault.chooseLead}</p>}
      </div>
      <KeychainMissing protectors={protectors} />
      <ProtectorChoice usable={usable} kind={kind} onChange={setKind} />
      {kind === 'passphrase' && (
        <NewPassphrase
          value={typed}
          onChange={setTyped}
          problem={submitted ? problem : null}
          focused={usable.length < 2}
        />
      )}
      <Failure failure={initialise.failure} />
      <Button look="primary" type="submit" pending={initialise.pending} className="mt-1 h-9">
        {kind === 'passphrase' ? text.vault.create : text.vault.createKeychain}
      </Button>
      <StopWaiting call={initialise} />
      {initialise.slow && kind !== 'passphrase' && (
        <p role="status" className="text-muted animate-fade text-xs">
          {text.vault.waitingForKeychain}
        </p>
      )}
    </form>
  )
}

type ProtectorChoiceProps = {
  usable: readonly KeyWrapperView[]
  kind: KeyWrapperView['kind']
  onChange: (kind: KeyWrapperView['kind']) => void
}

function ProtectorChoice({ usable, kind, onChange }: ProtectorChoiceProps) {
  if (usable.length < 2) return null
  return (
    <ChoiceCards
      label={text.vault.chooseTitle}
      value={kind}
      onChange={onChange}
      choices={usable.map((protector) => ({
        value: protector.kind,
        title: protector.kind === 'passphrase' ? text.vault.protectors.passphrase.title : protector.label,
        description: text.vault.protectors[protector.kind].found,
      }))}
    />
  )
}

/** One line where there is no choice, with the details on demand. */
function KeychainMissing({ protectors }: { protectors: readonly KeyWrapperView[] }) {
  const keychains = protectors.filter(({ kind }) => kind !== 'passphrase')
  if (keychains.length === 0 || keychains.some(({ usable }) => usable)) return null
  const names = keychains.map(({ label }) => label).join(', ')
  return (
    <div className="flex flex-col gap-1">
      <p className="text-ink text-sm font-medium">{text.vault.keychainMissing}</p>
      <p className="text-muted text-sm text-pretty">{text.vault.protectors.passphrase.found}</p>
      <Disclosure label={text.vault.keychainMissingDetails}>
        <p className="text-muted text-xs text-pretty">{text.vault.keychainMissingMore(names)}</p>
      </Disclosure>
    </div>
  )
}

import { Field } from '../../components/input/field.tsx'
import { SecretInput } from '../../components/input/inputs.tsx'
import { classes } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'

export type TypedPassphrase = { first: string; second: string }
export const emptyPassphrase: TypedPassphrase = { first: '', second: '' }

const LEAST_LENGTH = 8

export function passphraseProblem({ first, second }: TypedPassphrase): 'too-short' | 'not-same' | null {
  if (first.length < LEAST_LENGTH) return 'too-short'
  return first === second ? null : 'not-same'
}

type NewPassphraseProps = {
  value: TypedPassphrase
  onChange: (value: TypedPassphrase) => void
  problem: ReturnType<typeof passphraseProblem>
  /** For a screen whose only purpose is this field. */
  focused?: boolean
}

export function NewPassphrase({ value, onChange, problem, focused = false }: NewPassphraseProps) {
  return (
    <div className="animate-fade flex flex-col gap-3.5">
      <Field
        label={text.vault.passphrase}
        hint={value.first === '' ? text.vault.passphraseHint : <Strength passphrase={value.first} />}
        error={problem === 'too-short' ? text.vault.tooShort : undefined}
        required
      >
        {(ids) => (
          <SecretInput
            {...ids}
            autoFocus={focused}
            data-passphrase="first"
            autoComplete="new-password"
            value={value.first}
            onChange={(event) => onChange({ ...value, first: event.target.value })}
          />
        )}
      </Field>
      <Field
        label={text.vault.repeat}
        error={problem === 'not-same' ? text.vault.notSame : undefined}
        required
      >
        {(ids) => (
          <SecretInput
            {...ids}
            data-passphrase="second"
            autoComplete="new-password"
            value={value.second}
            onChange={(event) => onChange({ ...value, second: event.target.value })}
          />
        )}
      </Field>
    </div>
  )
}

/** The invalid field takes the focus, so that the person can type at once. */
export function focusPassphrase(form: HTMLFormElement, problem: 'too-short' | 'not-same'): void {
  const which = problem === 'too-short' ? 'first' : 'second'
  form.querySelector<HTMLInputElement>(`[data-passphrase="${which}"]`)?.focus()
}

/** A rough estimate by length and variety; it is only a hint. */
function strengthOf(passphrase: string): 0 | 1 | 2 | 3 {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(passphrase)).length
  const distinct = new Set(passphrase).size
  if (passphrase.length < LEAST_LENGTH || distinct < 5) return 0
  if (passphrase.length < 12) return kinds > 2 ? 2 : 1
  if (passphrase.length < 18) return kinds > 1 && distinct > 8 ? 3 : 2
  return 3
}

const strengthColours = ['bg-bad', 'bg-wait', 'bg-ok', 'bg-ok'] as const

function Strength({ passphrase }: { passphrase: string }) {
  const strength = strengthOf(passphrase)
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden="true" className="flex gap-1">
        {strengthColours.map((_, step) => (
          <span
            key={text.vault.strength[step]}
            className={classes(
              'h-1 w-7 rounded-full transition-colors duration-150',
              step <= strength ? strengthColours[strength] : 'bg-active',
            )}
          />
        ))}
      </span>
      {text.vault.strength[strength]}
    </span>
  )
}

import { Field } from '../../components/field.tsx'
import { SecretInput, TextInput } from '../../components/inputs.tsx'
import { Select } from '../../components/select.tsx'
import { text } from '../../lib/text.ts'
import { prompts, redirects, takesToken, type TypedWay, type WayProblem } from './other-ways.ts'

const words = text.signIn.ways

type OtherWayFieldsProps = {
  typed: TypedWay
  withName: boolean
  problem: WayProblem | null
  onChange: (change: Partial<TypedWay>) => void
}

/** What the chosen way needs to know, and no more. */
export function OtherWayFields({ typed, withName, problem, onChange }: OtherWayFieldsProps) {
  return (
    <>
      {takesToken(typed.way) && (
        <Field
          label={typed.way === 'refresh_token' ? words.refreshToken : words.accessToken}
          hint={words.tokenHint}
          error={problem?.field === 'token' ? words.tokenNeeded : undefined}
          required
        >
          {(ids) => (
            <SecretInput
              {...ids}
              value={typed.token}
              onChange={(event) => onChange({ token: event.target.value })}
            />
          )}
        </Field>
      )}
      {typed.way === 'authorization_code' && <BrowserFields typed={typed} onChange={onChange} />}
      {withName && (
        <Field
          label={text.connections.renameDialog.label}
          hint={words.accountHint}
          error={problem?.field === 'account' ? problem.message : undefined}
          optional
        >
          {(ids) => (
            <TextInput
              {...ids}
              value={typed.account}
              onChange={(event) => onChange({ account: event.target.value })}
            />
          )}
        </Field>
      )}
    </>
  )
}

function BrowserFields({ typed, onChange }: Pick<OtherWayFieldsProps, 'typed' | 'onChange'>) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={words.prompt}>
        {(ids) => (
          <Select
            {...ids}
            value={typed.prompt}
            onChange={(event) =>
              onChange({ prompt: prompts.find((each) => each === event.target.value) ?? 'any' })
            }
            options={prompts.map((value) => ({ value, label: words.prompts[value] }))}
          />
        )}
      </Field>
      <Field label={text.providers.advanced.redirect}>
        {(ids) => (
          <Select
            {...ids}
            value={typed.redirect}
            onChange={(event) =>
              onChange({ redirect: redirects.find((each) => each === event.target.value) ?? 'auto' })
            }
            options={redirects.map((value) => ({
              value,
              label: text.providers.advanced.redirectOptions[value],
            }))}
          />
        )}
      </Field>
    </div>
  )
}

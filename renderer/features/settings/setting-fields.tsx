import { useState, type ReactNode } from 'react'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { TextArea, TextInput } from '../../components/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { settingProblem, useSaveSetting } from './use-setting.ts'

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings]

type TypedProps = {
  label: string
  hint: ReactNode
  stored: string
  /** The patch for what is typed. */
  patchOf: (typed: string) => Record<string, unknown>
  kind: 'number' | 'line' | 'long'
  /** At the label's right: what is in force now, where that is something else. */
  aside?: ReactNode
}

/** A setting that is typed: it is saved when one says so, or with Enter. */
function TypedSetting({ label, hint, stored, patchOf, kind, aside }: TypedProps) {
  const save = useSaveSetting()
  const [failure, setFailure] = useState<ErrorBody | null>(null)
  const [typed, setTyped] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const value = typed ?? stored
  const problem = typed === null ? undefined : settingProblem(patchOf(typed))
  const changed = typed !== null && typed !== stored

  const submit = async (): Promise<void> => {
    if (!changed || problem !== undefined) return
    await send(value)
  }
  const send = async (wanted: string): Promise<void> => {
    setPending(true)
    const refused = await save(patchOf(wanted))
    setFailure(refused)
    if (refused === null) setTyped(null)
    setPending(false)
  }
  const Control = kind === 'long' ? TextArea : TextInput

  return (
    <form
      noValidate
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Field label={label} hint={hint} error={problem} {...(aside === undefined ? {} : { aside })}>
        {(ids) => (
          <div className={kind === 'long' ? 'flex flex-col items-start gap-2' : 'flex gap-2'}>
            <Control
              {...ids}
              mono={kind !== 'number'}
              inputMode={kind === 'number' ? 'numeric' : undefined}
              className={kind === 'number' ? 'max-w-28 tabular-nums' : ''}
              value={value}
              onChange={(event: { target: { value: string } }) => {
                setTyped(event.target.value)
                // It was about what stood there before.
                setFailure(null)
              }}
            />
            {changed && (
              <Button type="submit" look="primary" pending={pending} disabled={problem !== undefined}>
                {text.common.save}
              </Button>
            )}
          </div>
        )}
      </Field>
      <PortFailure failure={failure} pending={pending} onPort={(port) => void send(String(port))} />
    </form>
  )
}

type PortFailureProps = { failure: ErrorBody | null; pending: boolean; onPort: (port: number) => void }

/** A failure of a setting; where a port was taken, the free one is a press away. */
export function PortFailure({ failure, pending, onPort }: PortFailureProps) {
  const free = failure?.['nextFreePort']
  if (failure === null || typeof free !== 'number') return <Failure failure={failure} />
  return (
    <Failure
      failure={{ ...failure, nextStep: text.settings.server.choosePort }}
      actions={
        <Button size="sm" look="primary" pending={pending} onClick={() => onPort(free)}>
          {text.settings.server.takePort(free)}
        </Button>
      }
    />
  )
}

export function NumberSetting({
  name,
  label,
  hint,
  aside,
}: {
  name: NumberSetting
  label: string
  hint: ReactNode
  aside?: ReactNode
}) {
  const { settings } = useSnapshot()
  return (
    <TypedSetting
      label={label}
      hint={hint}
      stored={String(settings[name])}
      patchOf={(typed) => ({ [name]: typed.trim() === '' ? Number.NaN : Number(typed) })}
      kind="number"
      aside={aside}
    />
  )
}

type TextSettingProps = {
  name: 'proxyUrl' | 'extraCa'
  label: string
  hint: ReactNode
  kind: 'line' | 'long'
}

export function TextSetting({ name, label, hint, kind }: TextSettingProps) {
  const { settings } = useSnapshot()
  return (
    <TypedSetting
      label={label}
      hint={hint}
      stored={settings[name] ?? ''}
      patchOf={(typed) => ({ [name]: typed.trim() === '' ? null : typed.trim() })}
      kind={kind}
    />
  )
}

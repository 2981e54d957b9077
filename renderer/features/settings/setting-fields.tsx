import { type ReactNode, useState } from 'react'
import { toast } from 'sonner'
import { z } from 'zod'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import {
  type Settings,
  settings as settingsSchema,
  settingsPatch,
  type SettingsPatch,
} from '../../../shared/contract/settings.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { Button } from '../../components/input/button.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextArea, TextInput } from '../../components/input/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { toastFailure, toastUndone } from '../toasts.ts'

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings]

type TypedProps = {
  label: string
  hint: ReactNode
  stored: string
  /** The patch for the typed value. */
  patchOf: (typed: string) => Record<string, unknown>
  kind: 'number' | 'line' | 'long'
  /** At the label's right: the value in effect, where it differs. */
  aside?: ReactNode
}

/** A setting in a text field: saved with its button, or with Enter. */
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
                // The failure referred to the previous input.
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

/** A failure of a setting; for a busy port, a button selects the free one. */
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

/**
 * Saves a setting at once and offers to undo it instead of asking first. Returns the failure to a caller that
 * shows it.
 */
function useSaveSetting(): (patch: SettingsPatch) => Promise<ErrorBody | null> {
  const host = useHost()
  const { settings } = useSnapshot()
  return async (patch) => {
    const before = Object.fromEntries(
      Object.keys(patch).map((name) => [name, settings[name as keyof Settings]]),
    ) as SettingsPatch
    const answer = await host.call('settings.update', patch)
    if (!answer.ok) return answer.failure
    toast.success(text.settings.saved, {
      duration: 4000,
      action: {
        label: text.common.undo,
        onClick: () => void toastUndone(host.call('settings.update', before)),
      },
    })
    return null
  }
}

/** The same for a switch, whose failure is shown in a toast. */
export function useSetting(): (patch: SettingsPatch) => Promise<void> {
  const save = useSaveSetting()
  return async (patch) => {
    const failure = await save(patch)
    if (failure !== null) toastFailure(failure)
  }
}

/** The problem of a value for a setting, by the core's own schema. */
function settingProblem(patch: Record<string, unknown>): string | undefined {
  const checked = settingsPatch.safeParse(patch)
  if (checked.success) return undefined
  const range = rangeOf(Object.keys(patch)[0] ?? '')
  return range === null ? checked.error.issues[0]?.message : text.settings.badNumber(...range)
}

/** The range of a number; null: the setting is not a number. */
function rangeOf(name: string): [least: number, most: number] | null {
  const field = Object.entries(settingsSchema.shape)
    .find(([key]) => key === name)?.[1]
    .unwrap()
  if (!(field instanceof z.ZodNumber) || field.minValue === null || field.maxValue === null) return null
  return [field.minValue, field.maxValue]
}

import { CircleAlert, Trash2, TriangleAlert } from 'lucide-react'
import { ToggleGroup } from 'radix-ui'
import { useId } from 'react'
import { type Grant, httpMethod } from '../../../shared/contract/app.ts'
import { IconButton } from '../../components/input/button.tsx'
import { Checkbox } from '../../components/input/checkbox.tsx'
import { ChipsInput } from '../../components/input/chips-input.tsx'
import { Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Disclosure } from '../../components/layout/page.tsx'
import { firstMessage } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { grantSentence, isNoTarget, targetOf, targetOptions, targetValue } from './grants.ts'

const words = text.apps.fields

type GrantErrors = Partial<Record<keyof Grant, unknown>>
type GrantEditorProps = {
  grant: Grant
  errors: GrantErrors | undefined
  onChange: (grant: Grant) => void
  onRemove: () => void
}

export function GrantEditor({ grant, errors, onChange, onRemove }: GrantEditorProps) {
  const snapshot = useSnapshot()
  const set = (change: Partial<Grant>): void => onChange({ ...grant, ...change })
  const sentence = isDecided(grant) ? grantSentence(grant, snapshot) : words.needs
  return (
    <div
      role="group"
      aria-label={sentence}
      className="border-line bg-surface shadow-card flex flex-col gap-4 rounded-lg border p-4"
    >
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Field label={words.target} error={firstMessage(errors?.target)}>
            {(ids) => (
              <Select
                {...ids}
                value={targetValue(grant.target)}
                onChange={(event) => set({ target: targetOf(event.target.value) })}
                options={targetOptions(snapshot, grant.target)}
              />
            )}
          </Field>
        </div>
        <IconButton
          label={words.removeGrant}
          icon={<Trash2 aria-hidden="true" />}
          onClick={onRemove}
          className="mt-6.5"
        />
      </div>
      {grant.target.kind === 'all' && (
        <p className="text-wait -mt-2 flex items-start gap-1.5 text-xs text-pretty">
          <TriangleAlert aria-hidden="true" className="mt-px size-3.5 shrink-0" />
          {words.targetAllWarning}
        </p>
      )}
      <Needs grant={grant} error={firstMessage(errors?.proxy)} set={set} />
      <Checkbox
        label={words.ask}
        hint={words.askHint}
        checked={grant.approval === 'ask'}
        onChange={(ask) => set({ approval: ask ? 'ask' : 'allow' })}
      />
      <Disclosure label={words.limits} hint={limitsHint(grant)} openAtFirst={hasLimitErrors(errors)}>
        <Limits grant={grant} errors={errors} set={set} />
      </Disclosure>
      {isDecided(grant) && (
        <p className="border-line text-muted border-t pt-3 text-xs text-pretty" aria-live="polite">
          {sentence}
        </p>
      )}
    </div>
  )
}

type NeedsProps = { grant: Grant; error: string | undefined; set: (change: Partial<Grant>) => void }

/** The kind of access of the app; Keyway never preselects one. */
function Needs({ grant, error, set }: NeedsProps) {
  const id = useId()
  return (
    <fieldset className="flex flex-col gap-3" aria-describedby={error === undefined ? undefined : id}>
      <legend className="mb-2 text-sm font-medium">{words.needs}</legend>
      <Checkbox
        label={words.token}
        hint={words.tokenHint}
        checked={grant.token}
        onChange={(token) => set({ token })}
      />
      <Checkbox
        label={words.proxy}
        hint={words.proxyHint}
        checked={grant.proxy}
        onChange={(proxy) => set({ proxy })}
      />
      {error !== undefined && (
        <p id={id} role="alert" className="text-bad flex items-start gap-1.5 text-xs">
          <CircleAlert aria-hidden="true" className="mt-px size-3.5 shrink-0" />
          {error}
        </p>
      )}
    </fieldset>
  )
}

const isDecided = ({ target, token, proxy }: Grant): boolean => !isNoTarget(target) && (token || proxy)

function hasLimitErrors(errors: GrantErrors | undefined): boolean {
  return (['hosts', 'methods', 'paths', 'expiresAt'] as const).some((name) => errors?.[name] !== undefined)
}

function limitsHint({ hosts, methods, paths, expiresAt }: Grant): string {
  const count = hosts.length + methods.length + paths.length + (expiresAt === null ? 0 : 1)
  return count === 0 ? words.limitsNone : String(count)
}

type LimitsProps = { grant: Grant; errors: GrantErrors | undefined; set: (change: Partial<Grant>) => void }

function Limits({ grant, errors, set }: LimitsProps) {
  return (
    <div className="flex flex-col gap-4">
      <MethodChoice
        methods={grant.methods}
        onChange={(methods) =>
          set({ methods: httpMethod.options.filter((method) => methods.includes(method)) })
        }
      />
      <Field label={words.hosts} hint={words.hostsHint} error={firstMessage(errors?.hosts)} optional>
        {(ids) => <ChipsInput {...ids} values={grant.hosts} onChange={(hosts) => set({ hosts })} />}
      </Field>
      <Field label={words.paths} hint={words.pathsHint} error={firstMessage(errors?.paths)} optional>
        {(ids) => <ChipsInput {...ids} values={grant.paths} onChange={(paths) => set({ paths })} />}
      </Field>
      <Field label={words.until} hint={words.untilHint} error={firstMessage(errors?.expiresAt)} optional>
        {(ids) => (
          <TextInput
            {...ids}
            type="datetime-local"
            className="sm:max-w-60"
            value={grant.expiresAt === null ? '' : localInputValue(grant.expiresAt)}
            onChange={(event) => {
              const at = Date.parse(event.target.value)
              set({ expiresAt: Number.isNaN(at) ? null : at })
            }}
          />
        )}
      </Field>
    </div>
  )
}

/** Epoch ms as local time in the field's format. */
function localInputValue(at: number): string {
  const offsetMs = new Date(at).getTimezoneOffset() * 60_000
  return new Date(at - offsetMs).toISOString().slice(0, 16)
}

type MethodChoiceProps = { methods: readonly string[]; onChange: (methods: string[]) => void }

function MethodChoice({ methods, onChange }: MethodChoiceProps) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">
        {text.apps.fields.methods}{' '}
        <span className="text-faint text-xs font-normal">{text.common.optional}</span>
      </legend>
      <ToggleGroup.Root
        type="multiple"
        value={[...methods]}
        onValueChange={onChange}
        aria-label={text.apps.fields.methods}
        className="flex flex-wrap gap-1"
      >
        {httpMethod.options.map((method) => (
          <ToggleGroup.Item
            key={method}
            value={method}
            className="border-line-strong text-muted hover:bg-hover data-[state=on]:border-accent data-[state=on]:bg-accent-soft data-[state=on]:text-accent h-7 rounded-md border px-2 font-mono text-2xs font-medium transition-colors max-sm:h-9"
          >
            {method}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
      <p className="text-muted text-xs">{text.apps.fields.methodsHint}</p>
    </fieldset>
  )
}

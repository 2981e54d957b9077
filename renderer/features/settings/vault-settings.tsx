import { LockKeyhole } from 'lucide-react'
import { type ReactNode, type SyntheticEvent, useRef, useState } from 'react'
import { toast } from 'sonner'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { Field } from '../../components/input/field.tsx'
import { SecretInput } from '../../components/input/inputs.tsx'
import { Rows, PageSection } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { emptyPassphrase, NewPassphrase, passphraseProblem } from '../vault/new-passphrase.tsx'
import { NumberSetting } from './setting-fields.tsx'

const words = text.settings.vault

export function VaultSettings() {
  const { vault } = useSnapshot()
  const [moving, setMoving] = useState<KeyWrapperView | null>(null)
  const [changing, setChanging] = useState(false)
  const lock = useCall('vault.lock')
  return (
    <>
      <PageSection title={words.protector} hint={words.unlockedBy}>
        <Rows>
          {vault.protectors.map((protector) => (
            <Protector
              key={protector.kind}
              protector={protector}
              inUse={vault.kind === 'unlocked' && (vault.wraps ?? []).includes(protector.kind)}
              onMove={() => setMoving(protector)}
              onChangePassphrase={() => setChanging(true)}
            />
          ))}
        </Rows>
      </PageSection>
      <PageSection title={words.lock}>
        <Rows>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <div className="min-w-0">
              <p className="text-sm font-medium">{words.lockNow}</p>
              <p className="text-muted text-xs">{words.lockNowHint}</p>
            </div>
            <Button icon={<LockKeyhole />} pending={lock.pending} onClick={() => void lock.run(undefined)}>
              {words.lockNow}
            </Button>
          </div>
          <NumberSetting name="autoLockMinutes" label={words.autoLock} hint={words.autoLockHint} />
        </Rows>
      </PageSection>
      {moving !== null && <MoveProtector protector={moving} onClose={() => setMoving(null)} />}
      {changing && <ChangePassphrase onClose={() => setChanging(false)} />}
    </>
  )
}

type ProtectorProps = {
  protector: KeyWrapperView
  inUse: boolean
  onMove: () => void
  onChangePassphrase: () => void
}

function Protector({ protector, inUse, onMove, onChangePassphrase }: ProtectorProps) {
  const { kind, label, usable } = protector
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <div className="min-w-0">
        <p className="flex items-center gap-2 text-sm font-medium">
          {label}
          {inUse && <Badge tone="ok">{words.current}</Badge>}
        </p>
        <p className="text-muted text-xs text-pretty">
          {usable ? text.vault.protectors[kind].found : words.notUsable}
        </p>
      </div>
      <div className="flex gap-2">
        {kind === 'passphrase' && inUse && (
          <Button size="sm" onClick={onChangePassphrase}>
            {words.changePassphrase}
          </Button>
        )}
        {!inUse && (
          <Button size="sm" disabled={!usable} onClick={onMove}>
            {words.move}
          </Button>
        )}
      </div>
    </div>
  )
}

function ChangePassphrase({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('')
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const change = useCall('vault.changePassphrase')
  const problem = passphraseProblem(typed)
  const field = useRef<HTMLInputElement>(null)
  const isWrong = change.failure?.code === 'wrong_passphrase'

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    setSubmitted(true)
    if (problem !== null || current === '') return
    if ((await change.run({ current, next: typed.first })) === null) return typeAgain(field.current)
    toast.success(words.passphraseChanged)
    onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.changePassphrase}
      footer={
        <Footer pending={change.pending} onClose={onClose}>
          <StopWaiting call={change} />
        </Footer>
      }
    >
      <form
        id="change-passphrase"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => void submit(event)}
      >
        <Field
          label={words.currentPassphrase}
          error={isWrong ? text.vault.wrong : undefined}
          required
          announced
        >
          {(ids) => (
            <SecretInput
              {...ids}
              autoComplete="current-password"
              value={current}
              ref={field}
              onChange={(event) => {
                setCurrent(event.target.value)
                if (change.failure !== null) change.forget()
              }}
            />
          )}
        </Field>
        <NewPassphrase value={typed} onChange={setTyped} problem={submitted ? problem : null} />
        <Failure failure={isWrong ? null : change.failure} />
      </form>
    </Dialog>
  )
}

function typeAgain(field: HTMLInputElement | null): void {
  field?.focus()
  field?.select()
}

type FooterProps = { pending: boolean; onClose: () => void; children: ReactNode }

function Footer({ pending, onClose, children }: FooterProps) {
  return (
    <>
      <Button onClick={onClose}>{text.common.cancel}</Button>
      {children}
      <Button look="primary" type="submit" form="change-passphrase" pending={pending}>
        {text.common.save}
      </Button>
    </>
  )
}

function MoveProtector({ protector, onClose }: { protector: KeyWrapperView; onClose: () => void }) {
  const [typed, setTyped] = useState(emptyPassphrase)
  const [submitted, setSubmitted] = useState(false)
  const migrate = useCall('vault.migrate')
  const asksPassphrase = protector.kind === 'passphrase'
  const problem = asksPassphrase ? passphraseProblem(typed) : null

  const submit = async (): Promise<void> => {
    setSubmitted(true)
    if (problem !== null) return
    const moved = await migrate.run({
      protector: protector.kind,
      ...(asksPassphrase ? { passphrase: typed.first } : {}),
    })
    if (moved === null) return
    toast.success(words.moved)
    onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.moveTitle(protector.label)}
      description={words.moveLead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <StopWaiting call={migrate} />
          <Button look="primary" type="submit" form="move-protector" pending={migrate.pending}>
            {words.move}
          </Button>
        </>
      }
    >
      <form
        id="move-protector"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {asksPassphrase && (
          <NewPassphrase value={typed} onChange={setTyped} problem={submitted ? problem : null} />
        )}
        <Failure failure={migrate.failure} />
      </form>
    </Dialog>
  )
}

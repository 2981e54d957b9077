import { ShieldAlert } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { toast } from 'sonner'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { PresenceView } from '../../../shared/contract/presence.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Button } from '../../components/input/button.tsx'
import { Field } from '../../components/input/field.tsx'
import { SecretInput, TextInput } from '../../components/input/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useHost, usePresenceGate, useSnapshot } from '../../stores/window-context.tsx'
import { TOLD_LONG_MS } from '../toasts.ts'

const words = text.presence

/** Shown above the current task, which continues by itself after the proof. */
export function PresenceDialog() {
  const { asking, settle } = usePresenceGate()
  return asking ? <Asking onSettled={settle} /> : null
}

function Asking({ onSettled }: { onSettled: (how: 'proved' | 'left') => void }) {
  const { view, showCode, failure: notSeen } = usePresence()
  const [typed, setTyped] = useState('')
  const prove = useCall('presence.prove')
  const formId = useId()
  const method = view?.methods[0] ?? null

  const submit = async (): Promise<void> => {
    if (typed.trim() === '') return
    const proof = method === 'code' ? { code: typed } : { passphrase: typed }
    if ((await prove.run(proof)) !== null) onSettled('proved')
  }
  const wrong = wrongWords(prove.failure)
  return (
    <Dialog
      open
      onClose={() => onSettled('left')}
      title={words.title}
      description={words.lead}
      footer={
        <>
          <Button onClick={() => onSettled('left')}>{text.common.cancel}</Button>
          {method !== null && (
            <Button
              look="primary"
              type="submit"
              form={formId}
              pending={prove.pending}
              disabled={typed.trim() === ''}
            >
              {words.prove}
            </Button>
          )}
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {view !== null && <ProofField view={view} typed={typed} wrong={wrong} onTyped={setTyped} />}
        {prove.failure?.code === 'wrong_code' && (
          <div>
            <Button size="sm" pending={showCode.pending} onClick={() => void showCode.run()}>
              {words.newCode}
            </Button>
          </div>
        )}
        <Failure failure={notSeen ?? (wrong === undefined ? prove.failure : null)} />
      </form>
    </Dialog>
  )
}

/**
 * The available methods of proof. Where a code is one, it is shown at once, where only the person sees it.
 */
function usePresence() {
  const [view, setView] = useState<PresenceView | null>(null)
  const { run: look, failure: notSeen } = useCall('presence.state')
  const { run: show, pending, failure: notShown } = useCall('presence.showCode')
  useEffect(() => {
    void look(undefined).then(async (answer) => {
      if (answer === null) return
      setView(answer.value)
      if (answer.value.methods[0] === 'code') await show(undefined)
    })
  }, [look, show])
  return { view, showCode: { pending, run: () => show(undefined) }, failure: notSeen ?? notShown }
}

type ProofFieldProps = {
  view: PresenceView
  typed: string
  wrong: string | undefined
  onTyped: (typed: string) => void
}

function ProofField({ view, typed, wrong, onTyped }: ProofFieldProps) {
  const [method] = view.methods
  if (method === undefined) return <p className="text-sm text-pretty">{words.noMethod}</p>
  const shared = {
    // Focused at once, because typing in it is the only purpose of the dialog.
    autoFocus: true,
    value: typed,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => onTyped(event.target.value),
  }
  if (method === 'passphrase') {
    return (
      <Field label={text.vault.passphrase} required error={wrong}>
        {(ids) => <SecretInput {...ids} {...shared} autoComplete="current-password" />}
      </Field>
    )
  }
  return (
    <Field label={words.code} hint={words.codeAppears(view.codeAppears)} required error={wrong}>
      {(ids) => <TextInput {...ids} {...shared} mono placeholder={words.codePlaceholder} />}
    </Field>
  )
}

/** An error of the input is shown at the field. */
function wrongWords(failure: ErrorBody | null): string | undefined {
  if (failure?.code === 'wrong_passphrase') return words.wrongPassphrase
  return failure?.code === 'wrong_code' ? failure.message : undefined
}

/** In a window that is present: the codes for other windows, and what those did. */
export function ShownCodes() {
  const { codes = [] } = useSnapshot()
  const host = useHost()
  useEffect(
    () =>
      host.subscribe('presenceNotice', ({ kind }) => {
        const tell = kind === 'proved' ? toast.success : kind === 'refused' ? toast.warning : toast.info
        tell(words.notices[kind], { description: words.noticeDetail, duration: TOLD_LONG_MS })
      }),
    [host],
  )
  if (codes.length === 0) return null
  return (
    <div className="fixed top-4 right-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-3">
      {codes.map(({ id, code }) => (
        <div key={id} role="alert" className="animate-rise shadow-pop bg-raised flex gap-3 rounded-xl p-4">
          <span
            aria-hidden="true"
            className="bg-wait-soft text-wait grid size-8 shrink-0 place-items-center rounded-lg"
          >
            <ShieldAlert className="size-4.5" />
          </span>
          <div className="min-w-0">
            <h2 className="text-ink text-sm font-semibold">{words.shownTitle}</h2>
            <output
              aria-label={words.code}
              className="text-ink my-1 block font-mono text-2xl font-semibold tracking-wider whitespace-nowrap select-all"
            >
              {code}
            </output>
            <p className="text-muted text-sm text-pretty">{words.shownLead}</p>
          </div>
        </div>
      ))}
    </div>
  )
}

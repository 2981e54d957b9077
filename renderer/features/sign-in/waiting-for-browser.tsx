import { ChevronDown, ExternalLink } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { InstalledBrowser } from '../../../shared/contract/settings.ts'
import { CopyButton, CopyField } from '../../components/display/copy.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Spinner } from '../../components/feedback/spinner.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Menu } from '../../components/layout/menu.tsx'
import { Disclosure } from '../../components/layout/page.tsx'
import { useNow } from '../../lib/hooks.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useHost, useWindow } from '../../stores/window-context.tsx'
import type { FlowOf } from './use-start-sign-in.ts'

const words = text.signIn.waiting

/**
 * A redirect would have arrived by this time. A keyway:// URL or a port that does not work reports nothing.
 */
const PATIENCE_MS = 60_000

export function WaitingForBrowser({ flow }: { flow: FlowOf<'waiting_for_browser'> }) {
  const isLate = useNow(5000) - flow.startedAt > PATIENCE_MS
  const gone = useWindow(({ link }) => link === 'offline')
  if (gone)
    return (
      <Callout tone="wait" title={words.goneTitle}>
        {text.link.offlineDetail}
      </Callout>
    )
  return (
    <div className="flex flex-col gap-5">
      <div className="flex items-start gap-3">
        <Spinner className="text-accent mt-1 size-4.5" />
        <div className="min-w-0">
          <h2 className="text-ink text-lg font-semibold tracking-tight">{words.title}</h2>
          <p className="text-muted text-sm text-pretty">{flow.opened ? words.opened : words.notOpened}</p>
        </div>
      </div>
      {flow.warning !== null && <Callout tone="wait" title={flow.warning} />}
      <div className="flex flex-wrap gap-2">
        <OpenAgain flow={flow} />
        <OpenWith flowId={flow.id} />
        <CopyButton value={flow.authorizationUrl} label={words.copyLink} />
      </div>
      <p className="text-muted text-xs text-pretty">{words.copyHint}</p>
      <div className="border-line flex flex-col gap-3 border-t pt-3">
        {isLate && <NothingCameBack redirectUri={flow.redirectUri} />}
        <Disclosure label={words.pasteTitle} openAtFirst={isLate || flow.redirectUri === null}>
          <PasteAnswer flow={flow} />
        </Disclosure>
      </div>
    </div>
  )
}

/** A provider that refuses the redirect URI says so on a page of its own, and Keyway is not told. */
function NothingCameBack({ redirectUri }: { redirectUri: string | null }) {
  return (
    <Callout tone="wait" title={words.late} live="polite">
      {redirectUri === null ? (
        words.lateFinish
      ) : (
        <div className="flex flex-col gap-2.5">
          <p>{words.lateRedirect}</p>
          <CopyField label={words.redirectUri} value={redirectUri} copyLabel={words.copyRedirectUri} />
          <p>{words.lateFinish}</p>
        </div>
      )}
    </Callout>
  )
}

/** On the desktop Keyway opens the system browser; in a browser the page itself can. */
function OpenAgain({ flow }: { flow: FlowOf<'waiting_for_browser'> }) {
  const host = useHost()
  const openAgain = useCall('flows.openAgain')
  if (host.kind === 'headless') {
    return (
      <a
        href={flow.authorizationUrl}
        target="_blank"
        rel="noreferrer"
        className={buttonClasses(flow.opened ? 'secondary' : 'primary', 'md')}
      >
        <ExternalLink aria-hidden="true" className="-ml-0.5 size-4" />
        {flow.opened ? words.openAgain : words.open}
      </a>
    )
  }
  return (
    <>
      <Button
        look={flow.opened ? 'secondary' : 'primary'}
        icon={<ExternalLink />}
        pending={openAgain.pending}
        onClick={() => void openAgain.run({ id: flow.id, browser: null })}
      >
        {flow.opened ? words.openAgain : words.open}
      </Button>
      <Failure failure={openAgain.failure} />
    </>
  )
}

function PasteAnswer({ flow }: { flow: FlowOf<'waiting_for_browser'> }) {
  const [typed, setTyped] = useState('')
  const paste = useCall('flows.paste')
  return (
    <form
      noValidate
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (typed.trim() !== '') void paste.run({ id: flow.id, text: typed.trim() })
      }}
    >
      <Field label={words.pasteLabel} hint={words.pasteLead}>
        {(ids) => (
          <TextInput {...ids} mono value={typed} onChange={(event) => setTyped(event.target.value)} />
        )}
      </Field>
      <Failure failure={paste.failure} />
      <div className="flex gap-2">
        <StopWaiting call={paste} />
        <Button type="submit" pending={paste.pending} disabled={typed.trim() === ''}>
          {words.paste}
        </Button>
      </div>
    </form>
  )
}

/**
 * The installed browsers on Keyway's machine, for a person who is signed in with another account in the
 * default one. Nothing where none are known.
 */
function OpenWith({ flowId }: { flowId: string }) {
  const browsers = useBrowsers()
  const openAgain = useCall('flows.openAgain')
  if (browsers.length === 0) return null
  return (
    <>
      <Menu
        align="start"
        items={[
          ...browsers.map(({ id, name }) => ({
            kind: 'item' as const,
            label: name,
            onSelect: () => void openAgain.run({ id: flowId, browser: id }),
          })),
          { kind: 'divider', key: 'hint' },
          { kind: 'heading', label: words.openWithHint },
        ]}
        trigger={
          <Button pending={openAgain.pending}>
            {words.openWith}
            <ChevronDown aria-hidden="true" className="text-muted -mr-1 size-4" />
          </Button>
        }
      />
      <Failure failure={openAgain.failure} />
    </>
  )
}

function useBrowsers(): readonly InstalledBrowser[] {
  const host = useHost()
  const [browsers, setBrowsers] = useState<readonly InstalledBrowser[]>([])
  useEffect(() => {
    let wanted = true
    void host.call('browsers.list', undefined).then((answer) => {
      if (wanted && answer.ok) setBrowsers(answer.value)
    })
    return () => {
      wanted = false
    }
  }, [host])
  return browsers
}

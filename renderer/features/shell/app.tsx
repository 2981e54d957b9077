import { TriangleAlert } from 'lucide-react'
import { Component, type ReactNode, useEffect, useRef } from 'react'
import { Toaster } from 'sonner'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { Logo } from '../../components/brand/logo.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Spinner } from '../../components/feedback/spinner.tsx'
import { TooltipProvider } from '../../components/feedback/tooltip.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { hashWithCsrfToken } from '../../host/web-host.ts'
import { TimeContext } from '../../lib/hooks.ts'
import { parseRoute } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { SnapshotProvider, useHost, useReload, useWindow } from '../../stores/window-context.tsx'
import { PresenceDialog, ShownCodes } from '../presence/presence-dialog.tsx'
import { FirstRun } from '../vault/first-run.tsx'
import { Locked } from '../vault/locked.tsx'
import { Shell } from './shell.tsx'

export function App() {
  return (
    <CrashBoundary>
      <TooltipProvider>
        <Gate />
        <PresenceDialog />
        <Toasts />
      </TooltipProvider>
    </CrashBoundary>
  )
}

function Gate() {
  const { link, snapshot, failure } = useWindow((state) => state)
  const host = useHost()
  useTheme(snapshot?.settings.theme ?? 'system')
  useFollowPort()
  useEffect(() => host.subscribe('navigate', ({ to }) => navigate(parseRoute(to))), [host])

  if (link === 'signed-out') return <SignedOut />
  if (snapshot === null) return <Opening failure={failure} offline={link === 'offline'} />
  return (
    <TimeContext value={link === 'offline' ? 'standing' : 'running'}>
      <SnapshotProvider snapshot={snapshot}>
        <ShownCodes />
        {snapshot.vault.kind === 'uninitialised' && <FirstRun protectors={snapshot.vault.protectors} />}
        {snapshot.vault.kind === 'locked' && <Locked vault={snapshot.vault} />}
        {snapshot.vault.kind === 'unlocked' && <Shell />}
      </SnapshotProvider>
    </TimeContext>
  )
}

function Toasts() {
  useEffect(() => {
    // A pressed button of a toast gives up the focus. Otherwise the toast would later take the focus back
    // from the next field.
    const blurButton = ({ target }: MouseEvent): void => {
      const button = target instanceof Element ? target.closest('[data-sonner-toast] button') : null
      if (button instanceof HTMLElement) button.blur()
    }
    document.addEventListener('click', blurButton)
    return () => document.removeEventListener('click', blurButton)
  }, [])
  return (
    <Toaster
      position="bottom-center"
      duration={6000}
      toastOptions={{ classNames: { toast: 'shadow-pop! gap-2.5!', description: 'text-muted!' } }}
    />
  )
}

/**
 * An error in one screen shows a sentence and a way to continue instead of an empty window. React requires a
 * class for this.
 */
class CrashBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true }
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children
    return (
      <main className="grid h-full place-items-center overflow-auto">
        <EmptyState
          icon={<TriangleAlert />}
          title={text.shell.crashTitle}
          actions={
            <Button look="primary" onClick={() => window.location.reload()}>
              {text.shell.crashAction}
            </Button>
          }
        >
          {text.shell.crashLead}
        </EmptyState>
      </main>
    )
  }
}

/**
 * Shown until the first snapshot is loaded. Appears with a delay, because that is usually too short to be
 * seen.
 */
function Opening({ failure, offline }: { failure: ErrorBody | null; offline: boolean }) {
  const reload = useReload()
  return (
    <main className="grid h-full place-items-center overflow-auto p-6">
      <div className="flex w-full max-w-md flex-col items-center gap-5">
        <Logo className="size-12" />
        {failure === null ? (
          <p role="status" className="text-muted animate-fade flex items-center gap-2 text-sm">
            <Spinner />
            {offline ? text.link.offlineTitle : text.link.connecting}
          </p>
        ) : (
          <div className="w-full">
            <h1 className="sr-only">{text.shell.name}</h1>
            <Failure
              failure={failure}
              actions={
                <Button size="sm" onClick={() => void reload()}>
                  {text.common.retry}
                </Button>
              }
            />
          </div>
        )}
      </div>
    </main>
  )
}

function SignedOut() {
  return (
    <main className="grid h-full place-items-center overflow-auto p-6">
      <div className="animate-rise w-full max-w-md">
        <Logo className="mb-6 size-12" />
        <h1 className="text-ink text-2xl font-semibold tracking-tight text-balance">
          {text.link.signedOutTitle}
        </h1>
        <p className="text-muted mt-2 text-base text-pretty">{text.link.signedOutLead}</p>
        <ol className="mt-6 flex flex-col gap-3">
          {text.link.signedOutSteps.map((step, index) => (
            <li key={step} className="flex gap-3 text-sm">
              <span
                aria-hidden="true"
                className="bg-active text-muted grid size-5.5 shrink-0 place-items-center rounded-full text-xs font-semibold tabular-nums"
              >
                {index + 1}
              </span>
              <span className="pt-px text-pretty">{step}</span>
            </li>
          ))}
        </ol>
      </div>
    </main>
  )
}

/** Every color has a light and a dark value in the style sheet; this sets the person's choice. */
function useTheme(theme: Settings['theme']): void {
  useEffect(() => {
    const { dataset } = document.documentElement
    if (theme === 'system') delete dataset['theme']
    else dataset['theme'] = theme
  }, [theme])
}

/**
 * In a browser this page is served by the server whose port can be changed, so it moves to the new port. Only
 * when it was at the old port: a window behind a forwarded port stays.
 */
function useFollowPort(): void {
  const { kind } = useHost()
  const url = useWindow(({ snapshot }) => (snapshot?.server.listening === true ? snapshot.server.url : null))
  const before = useRef<string | null>(null)
  useEffect(() => {
    const old = before.current
    if (url !== null) before.current = url
    if (kind !== 'headless' || url === null || old === null || old === url) return
    const { location } = window
    if (new URL(old).port === location.port) {
      location.replace(
        `${location.protocol}//${location.hostname}:${new URL(url).port}/${hashWithCsrfToken(window)}`,
      )
    }
  }, [kind, url])
}

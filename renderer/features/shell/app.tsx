import { useEffect } from 'react'
import { Toaster } from 'sonner'
import { TooltipProvider } from '../../components/tooltip.tsx'
import { SnapshotProvider, useHost, useWindow } from '../../stores/window-context.tsx'
import { TimeContext } from '../../lib/use-now.ts'
import { parseRoute } from '../../lib/route.ts'
import { navigate } from '../../stores/use-route.ts'
import { PresenceDialog } from '../presence/presence-dialog.tsx'
import { ShownCodes } from '../presence/shown-codes.tsx'
import { FirstRun } from '../vault/first-run.tsx'
import { Locked } from '../vault/locked.tsx'
import { CrashBoundary } from './crash-boundary.tsx'
import { Opening, SignedOut } from './before-the-snapshot.tsx'
import { Shell } from './shell.tsx'
import { useFollowPort } from './use-follow-port.ts'
import { useTheme } from './use-theme.ts'

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
    // Who pressed a toast's button goes on where they were. Left to itself, the toast would take the focus back from the next field.
    const giveBack = ({ target }: MouseEvent): void => {
      const button = target instanceof Element ? target.closest('[data-sonner-toast] button') : null
      if (button instanceof HTMLElement) button.blur()
    }
    document.addEventListener('click', giveBack)
    return () => document.removeEventListener('click', giveBack)
  }, [])
  return (
    <Toaster
      position="bottom-center"
      duration={6000}
      toastOptions={{ classNames: { toast: 'shadow-pop! gap-2.5!', description: 'text-muted!' } }}
    />
  )
}

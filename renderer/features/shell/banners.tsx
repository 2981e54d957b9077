import { CloudOff, HardDrive, ServerOff, ShieldAlert, ShieldCheck, Waypoints } from 'lucide-react'
import type { ReactNode } from 'react'
import { nextStepFor } from '../../../shared/contract/errors.ts'
import { classes } from '../../lib/format.ts'
import { hrefOf, type Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot, useWindow } from '../../stores/window-context.tsx'
import { isSignInOpen } from '../sign-in/use-start-sign-in.ts'

/** Messages for the whole window: shown once, above every screen. */
export function Banners({ route }: { route: Route }) {
  const link = useWindow((state) => state.link)
  const { server, damages, flows } = useSnapshot()
  const waiting = flows.find(
    (flow) => isSignInOpen(flow) && !(route.name === 'sign-in' && route.flowId === flow.id),
  )
  return (
    <div className="shrink-0" role="region" aria-label={text.shell.notices}>
      {link === 'offline' && (
        <Banner tone="wait" icon={<CloudOff />} title={text.link.offlineTitle}>
          {text.link.offlineDetail}
        </Banner>
      )}
      {!server.listening && server.failure !== null && (
        <Banner
          tone="bad"
          icon={<ServerOff />}
          title={text.shell.serverDownTitle}
          action={{
            href: hrefOf({ name: 'settings', section: 'server' }),
            label: text.shell.serverDownAction,
          }}
        >
          {server.failure.message} {nextStepFor('window', server.failure)}
        </Banner>
      )}
      {damages[0] !== undefined && (
        <Banner
          tone="bad"
          icon={<HardDrive />}
          title={text.shell.damageTitle(damages.length)}
          action={{ href: hrefOf({ name: 'settings', section: 'data' }), label: text.shell.damageAction }}
        >
          {text.shell.damageDetail[damages[0].using]}
        </Banner>
      )}
      {route.name !== 'integrity' && <IntegrityBanner />}
      {waiting !== undefined && (
        <Banner
          tone="info"
          icon={<Waypoints />}
          title={text.shell.signInRunning(waiting.providerName)}
          action={{ href: hrefOf({ name: 'sign-in', flowId: waiting.id }), label: text.shell.signInContinue }}
        />
      )}
    </div>
  )
}

function IntegrityBanner() {
  const { integrity } = useSnapshot()
  const { findings, state } = integrity
  const action = { href: hrefOf({ name: 'integrity' }), label: text.integrity.open }
  if (findings.length > 0)
    return (
      <Banner
        tone="bad"
        icon={<ShieldAlert />}
        title={text.integrity.bannerFound(findings.length)}
        action={action}
      >
        {text.integrity.bannerFoundDetail}
      </Banner>
    )
  if (state !== 'to_confirm') return null
  return (
    <Banner tone="wait" icon={<ShieldCheck />} title={text.integrity.bannerCheck} action={action}>
      {text.integrity.bannerCheckDetail}
    </Banner>
  )
}

const tones = {
  info: 'bg-accent-soft [&>svg]:text-accent',
  wait: 'bg-wait-soft [&>svg]:text-wait',
  bad: 'bg-bad-soft [&>svg]:text-bad',
}

type BannerProps = {
  tone: keyof typeof tones
  icon: ReactNode
  title: string
  action?: { href: string; label: string }
  children?: ReactNode
}

function Banner({ tone, icon, title, action, children }: BannerProps) {
  return (
    <div
      role="status"
      className={classes(
        'animate-fade border-line flex items-start gap-2.5 border-b px-5 py-2 text-sm max-sm:px-4 [&>svg]:mt-0.5 [&>svg]:size-4 [&>svg]:shrink-0',
        tones[tone],
      )}
    >
      {icon}
      <p className="min-w-0 flex-1 text-pretty break-words">
        <span className="text-ink font-medium">{title}</span>
        {children !== undefined && <span className="text-muted"> · {children}</span>}
      </p>
      {action !== undefined && (
        <a href={action.href} className="text-accent shrink-0 font-medium underline-offset-2 hover:underline">
          {action.label}
        </a>
      )}
    </div>
  )
}

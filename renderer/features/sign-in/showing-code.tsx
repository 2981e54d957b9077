import { ExternalLink } from 'lucide-react'
import { buttonClasses } from '../../components/input/button.tsx'
import { Callout } from '../../components/feedback/callout.tsx'
import { CopyButton } from '../../components/display/copy.tsx'
import { QrCode } from '../../components/display/qr-code.tsx'
import { Spinner } from '../../components/feedback/spinner.tsx'
import { text } from '../../lib/text.ts'
import { useWindow } from '../../stores/window-context.tsx'
import type { FlowOf } from './use-start-sign-in.ts'

const words = text.signIn.code

export function ShowingCode({ flow }: { flow: FlowOf<'showing_code'> }) {
  const gone = useWindow(({ link }) => link === 'offline')
  if (gone)
    return (
      <Callout tone="wait" title={text.signIn.waiting.goneTitle}>
        {text.link.offlineDetail}
      </Callout>
    )
  const address = flow.verificationUriComplete ?? flow.verificationUri
  return (
    <div className="flex flex-col gap-5">
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{words.title}</h2>
        <p className="text-muted text-sm text-pretty">{words.lead}</p>
      </div>
      <div className="flex flex-wrap items-center gap-6">
        <div className="flex min-w-0 flex-1 basis-60 flex-col gap-3">
          <output
            aria-label={words.label}
            className="border-line-strong bg-sunken rounded-lg border px-4 py-3 text-center font-mono text-2xl font-semibold tracking-[0.12em] break-all select-all"
          >
            {flow.userCode}
          </output>
          <div className="flex flex-wrap gap-2">
            <CopyButton value={flow.userCode} label={words.copy} look="primary" />
            <a href={address} target="_blank" rel="noreferrer" className={buttonClasses('secondary', 'md')}>
              <ExternalLink aria-hidden="true" className="-ml-0.5 size-4" />
              {words.open}
            </a>
          </div>
          <p className="text-muted text-xs break-all">{flow.verificationUri}</p>
        </div>
        <figure className="flex flex-col items-center gap-1.5">
          <QrCode value={address} label={words.qr} />
          <figcaption className="text-muted text-xs">{words.scan}</figcaption>
        </figure>
      </div>
      <p role="status" className="text-muted flex items-center gap-2 text-sm">
        <Spinner />
        {words.waiting}
      </p>
    </div>
  )
}

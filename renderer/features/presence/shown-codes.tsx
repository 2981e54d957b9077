import { ShieldAlert } from 'lucide-react'
import { useEffect } from 'react'
import { toast } from 'sonner'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { TOLD_LONG_MS } from '../toasts.ts'

const words = text.presence

/** In a window that is present: the codes that others ask for, and what they did. */
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

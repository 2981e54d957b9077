import { BookOpen, ExternalLink } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useWatch } from 'react-hook-form'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { RedirectPlan } from '../../../shared/contract/ui-api.ts'
import { buttonClasses } from '../../components/input/button.tsx'
import { CopyField } from '../../components/display/copy.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import { text } from '../../lib/text.ts'
import { useHost } from '../../stores/window-context.tsx'
import { baseSpec, type ProviderFormValues, toDraft } from './provider-form-values.ts'

const words = text.add.form

/** A delay for typing; the first request is not delayed. */
const SETTLE_MS = 250

/** Instructions for the provider's console, with the exact redirect URI. */
export function RedirectStep({ preset }: { preset: Preset | null }) {
  const plan = useRedirectPlan(preset)
  return (
    <>
      {preset !== null && <ConsoleLinks preset={preset} />}
      {plan?.way === 'none' ? (
        <p className="text-muted text-sm">{words.noRedirect}</p>
      ) : (
        <div className="flex flex-col gap-2">
          <p className="text-muted text-sm text-pretty">{words.consoleLead}</p>
          {plan === null ? (
            <Skeleton className="h-8.5 w-full" />
          ) : (
            plan.redirectUri !== null && (
              <CopyField label={words.redirectUri} value={plan.redirectUri} copyLabel={words.copyRedirect} />
            )
          )}
          {plan?.note != null && <p className="text-muted text-xs text-pretty">{plan.note}</p>}
        </div>
      )}
    </>
  )
}

function ConsoleLinks({ preset }: { preset: Preset }) {
  return (
    <>
      {(preset.consoleUrl !== null || preset.docsUrl !== null) && (
        <div className="flex flex-wrap gap-2">
          {preset.consoleUrl !== null && preset.consoleUrl.startsWith('https:') && (
            <a
              href={preset.consoleUrl}
              target="_blank"
              rel="noreferrer"
              className={buttonClasses('secondary', 'md')}
            >
              {words.openConsole(preset.name)}
              <ExternalLink aria-hidden="true" className="size-3.5" />
              <span className="sr-only">{text.common.opensBrowser}</span>
            </a>
          )}
          {preset.docsUrl !== null && (
            <a
              href={preset.docsUrl}
              target="_blank"
              rel="noreferrer"
              className={buttonClasses('ghost', 'md')}
            >
              <BookOpen aria-hidden="true" className="size-4" />
              {words.openDocs}
              <span className="sr-only">{text.common.opensBrowser}</span>
            </a>
          )}
        </div>
      )}
      {(preset.consoleHint !== null || preset.notes.length > 0) && (
        <ul
          aria-label={words.notes}
          className="text-muted flex list-disc flex-col gap-1 pl-4 text-sm text-pretty"
        >
          {preset.consoleHint !== null && <li>{preset.consoleHint}</li>}
          {preset.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  )
}

/**
 * The planner's result for the current form; the previous one stays until the new one arrives, so that the
 * layout does not jump.
 */
function useRedirectPlan(preset: Preset | null): RedirectPlan | null {
  const host = useHost()
  const values = useWatch() as ProviderFormValues
  const [plan, setPlan] = useState<RedirectPlan | null>(null)
  const { clientSecret: _never, ...plain } = values
  const delayMs = useRef(0)
  const draft = JSON.stringify(toDraft({ ...plain, clientSecret: '' }, baseSpec(preset)))

  useEffect(() => {
    let wanted = true
    const timer = setTimeout(() => {
      void host.call('providers.redirectPlan', { draft: JSON.parse(draft) as unknown }).then((answer) => {
        if (wanted && answer.ok) setPlan(answer.value)
      })
    }, delayMs.current)
    delayMs.current = SETTLE_MS
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [host, draft])
  return plan
}

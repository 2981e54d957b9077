import { CircleAlert, CircleCheck, CircleMinus, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import { text } from '../../lib/text.ts'
import { Disclosure } from '../layout/page.tsx'

const words = text.providers.check
const looks = {
  ok: { Icon: CircleCheck, colour: 'text-ok' },
  warning: { Icon: TriangleAlert, colour: 'text-wait' },
  failed: { Icon: CircleAlert, colour: 'text-bad' },
  skipped: { Icon: CircleMinus, colour: 'text-faint' },
}

type StepTraceProps = {
  steps: readonly ProviderCheckStep[]
  /** One per step, or none. */
  children?: readonly ReactNode[]
}

/** Request, response and conclusion, one line per step; the HTTP exchange on demand. */
export function StepTrace({ steps, children }: StepTraceProps) {
  return (
    <ol className="border-line bg-surface shadow-card divide-line divide-y rounded-lg border">
      {steps.map((step, index) => {
        const { Icon, colour } = looks[step.outcome]
        return (
          <li
            key={`${step.name}:${step.request}:${step.explanation}`}
            className="flex items-start gap-3 px-4 py-3"
          >
            <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${colour}`} />
            <div className="min-w-0 flex-1">
              <p className="text-sm">
                <span className="text-ink font-medium">{step.name}</span>
                <span className={`ml-2 text-xs ${colour}`}>{words.outcome[step.outcome]}</span>
              </p>
              <p className="text-muted text-sm text-pretty break-words">{step.explanation}</p>
              {(step.request !== null || step.answer !== null) && <Exchange step={step} />}
              {children?.[index]}
            </div>
          </li>
        )
      })}
    </ol>
  )
}

function Exchange({ step }: { step: ProviderCheckStep }) {
  return (
    <div className="mt-1">
      <Disclosure label={`${words.request} · ${words.answer}`}>
        <div className="flex flex-col gap-2">
          {step.request !== null && <Wire label={words.request} content={step.request} />}
          {step.answer !== null && <Wire label={words.answer} content={step.answer} />}
        </div>
      </Disclosure>
    </div>
  )
}

function Wire({ label, content }: { label: string; content: string }) {
  return (
    <figure>
      <figcaption className="text-faint mb-1 text-xs">{label}</figcaption>
      <pre className="bg-sunken border-line rounded-md border p-2.5 text-xs leading-5 break-words whitespace-pre-wrap">
        {content}
      </pre>
    </figure>
  )
}

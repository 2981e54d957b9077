import { Stethoscope, Wrench } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/input/button.tsx'
import { CopyButton } from '../../components/display/copy.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { StepTrace } from '../../components/display/step-trace.tsx'
import { withOverrides } from '../../lib/spec-overrides.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.providers.check

/** Runs the provider check step by step; a suggested change is one click. */
export function ProviderCheck({ provider }: { provider: ProviderView }) {
  const [steps, setSteps] = useState<ProviderCheckStep[] | null>(null)
  const doctor = useCall('providers.doctor')
  const run = async (): Promise<void> => {
    const answer = await doctor.run({ id: provider.id })
    if (answer !== null) setSteps(answer.value)
  }
  const controls = (
    <>
      <Button look="primary" icon={<Stethoscope />} pending={doctor.pending} onClick={() => void run()}>
        {steps === null ? words.run : words.again}
      </Button>
      {doctor.slow && <Button onClick={doctor.leave}>{text.common.stopWaiting}</Button>}
    </>
  )
  if (steps === null) {
    return (
      <>
        <Failure failure={doctor.failure} />
        <EmptyState icon={<Stethoscope />} title={words.title} actions={controls}>
          {doctor.slow ? <span role="status">{words.running}</span> : words.lead}
        </EmptyState>
      </>
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <p role="status" className="text-ink min-w-0 flex-1 text-sm font-medium">
          {words.summary({
            failed: count(steps, 'failed'),
            warning: count(steps, 'warning'),
            skipped: count(steps, 'skipped'),
          })}
        </p>
        <CopyButton value={reportOf(provider, steps)} label={words.report} />
        {controls}
      </div>
      <Failure failure={doctor.failure} />
      <StepTrace steps={steps}>
        {steps.map((step) => step.fix && <Fix key={step.name} provider={provider} step={step} />)}
      </StepTrace>
    </div>
  )
}

function count(steps: readonly ProviderCheckStep[], outcome: ProviderCheckStep['outcome']): number {
  return steps.filter((step) => step.outcome === outcome).length
}

function Fix({ provider, step }: { provider: ProviderView; step: ProviderCheckStep }) {
  const update = useCall('providers.update')
  const { fix } = step
  if (fix === null) return null
  const apply = async (): Promise<void> => {
    const spec = withOverrides(provider.overrides, fix.spec) as Record<string, unknown>
    const answer = await update.run({
      id: provider.id,
      patch: {
        spec,
        ...(fix.scopes !== undefined && { scopes: fix.scopes }),
        ...(fix.privateHosts !== undefined && { privateHosts: fix.privateHosts }),
      },
    })
    if (answer !== null) toast.success(words.fixed(fix.label))
  }
  return (
    <div className="mt-2 flex flex-col items-start gap-2">
      <Button size="sm" icon={<Wrench />} pending={update.pending} onClick={() => void apply()}>
        {fix.label}
      </Button>
      <Failure failure={update.failure} />
    </div>
  )
}

/** The core has redacted it already; this only formats it as text. */
function reportOf({ name, slug }: ProviderView, steps: readonly ProviderCheckStep[]): string {
  const lines = steps.map(({ name: step, outcome, explanation, request, answer }) =>
    [`${words.outcome[outcome]}: ${step}`, explanation, request, answer]
      .filter((part) => part !== null)
      .join('\n'),
  )
  return [`${name} (${slug})`, ...lines].join('\n\n')
}

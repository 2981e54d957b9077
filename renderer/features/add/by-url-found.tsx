import type { Discovered } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { Section } from '../../components/section.tsx'
import { StepTrace } from '../../components/step-trace.tsx'
import { text } from '../../lib/text.ts'

const words = text.add.url

/** What an address turned out to be, before anything is saved. */
export function Found({ found, onContinue }: { found: Discovered; onContinue: () => void }) {
  return (
    <Section title={words.steps} className="mt-4!">
      <StepTrace steps={found.steps} />
      <div className="mt-4 flex flex-col items-start gap-4">
        {found.registered && <Callout tone="ok" title={words.registered} />}
        {found.missing.length > 0 && (
          <Callout tone="wait" title={words.missing}>
            {found.missing.join(', ')}
          </Callout>
        )}
        <Button look="primary" onClick={onContinue}>
          {words.continue}
        </Button>
      </div>
    </Section>
  )
}

import { useEffect, useState } from 'react'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { CodeBlock } from '../../components/display/copy.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { PageSection } from '../../components/layout/page.tsx'
import { Segmented } from '../../components/input/choices.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.providers.export

/** A change of the provider creates it again. */
export function ProviderExport({ provider }: { provider: ProviderView }) {
  return <Exported key={provider.updatedAt} provider={provider} />
}

function Exported({ provider }: { provider: ProviderView }) {
  const [shape, setShape] = useState<'json' | 'code'>('json')
  const [exported, setExported] = useState<{ json: string; code: string } | null>(null)
  const { run, failure } = useCall('providers.export')
  useEffect(() => {
    void run({ id: provider.id }).then((answer) => {
      if (answer !== null) setExported(answer.value)
    })
  }, [run, provider.id])
  return (
    <PageSection
      title={words.title}
      hint={words.lead}
      actions={
        <Segmented
          label={words.format}
          value={shape}
          onChange={setShape}
          segments={[
            { value: 'json', label: words.json },
            { value: 'code', label: words.code },
          ]}
        />
      }
    >
      <Failure failure={failure} />
      {exported === null && failure === null && <Skeleton className="h-64" />}
      {exported !== null && <CodeBlock code={exported[shape]} label={words[shape]} copyLabel={words.copy} />}
    </PageSection>
  )
}

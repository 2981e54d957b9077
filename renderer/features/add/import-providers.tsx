import { useState } from 'react'
import { toast } from 'sonner'
import {
  foreignFormat,
  type ForeignProviders,
  type ImportedProvider,
} from '../../../shared/contract/transfer.ts'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Button } from '../../components/input/button.tsx'
import { Segmented, Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { FileButton, TextArea, TextInput } from '../../components/input/inputs.tsx'
import { Page, Rows, PageSection } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { NewProvider } from './register-provider.tsx'

const words = text.import
type Source = 'keyway' | 'foreign'

export function ImportProviders() {
  const [source, setSource] = useState<Source>('keyway')
  const [content, setContent] = useState('')
  const [chosen, setChosen] = useState<ImportedProvider | null>(null)
  if (chosen !== null) return <NewProvider preset={null} draft={chosen.draft} draftKey={null} />
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      back={{ href: hrefOf({ name: 'add', query: '' }), label: text.add.backToAdd }}
      width="narrow"
    >
      <div className="flex flex-col gap-4">
        <Segmented
          label={words.source}
          value={source}
          onChange={setSource}
          segments={[
            { value: 'keyway', label: words.sources.keyway },
            { value: 'foreign', label: words.sources.foreign },
          ]}
        />
        <Field label={words.text} hint={words.textHint}>
          {(ids) => (
            <TextArea
              {...ids}
              mono
              rows={9}
              value={content}
              onChange={(event) => setContent(event.target.value)}
            />
          )}
        </Field>
        <div>
          <FileButton label={words.file} onChoose={(file) => void file.text().then(setContent)} />
        </div>
        {source === 'keyway' ? (
          <OwnFile content={content} />
        ) : (
          <ForeignFile content={content} onUse={setChosen} />
        )}
      </div>
    </Page>
  )
}

/** A file of Keyway's own is registered unchanged; a taken slug can be replaced here. */
function OwnFile({ content }: { content: string }) {
  const [slug, setSlug] = useState('')
  const call = useCall('providers.import')
  const run = async (): Promise<void> => {
    const answer = await call.run({ json: content, ...(slug.trim() === '' ? {} : { slug: slug.trim() }) })
    if (answer === null) return
    const { provider, notes } = answer.value
    toast.success(words.done(provider.name), { description: notes.join(' ') })
    navigate({ name: 'provider', id: provider.id, tab: 'edit' })
  }
  return (
    <>
      <Field label={words.slug} hint={words.slugHint} optional>
        {(ids) => <TextInput {...ids} mono value={slug} onChange={(event) => setSlug(event.target.value)} />}
      </Field>
      <Failure failure={call.failure} />
      <div>
        <Button
          look="primary"
          pending={call.pending}
          disabled={content.trim() === ''}
          onClick={() => void run()}
        >
          {words.importIt}
        </Button>
      </div>
    </>
  )
}

type ForeignFileProps = { content: string; onUse: (provider: ImportedProvider) => void }

function ForeignFile({ content, onUse }: ForeignFileProps) {
  const [format, setFormat] = useState<keyof typeof words.formats>('auto')
  const [found, setFound] = useState<ForeignProviders | null>(null)
  const call = useCall('providers.readForeign')
  const run = async (): Promise<void> => {
    setFound(null)
    const answer = await call.run({ text: content, format })
    if (answer !== null) setFound(answer.value)
  }
  return (
    <>
      <Field label={words.format}>
        {(ids) => (
          <Select
            {...ids}
            className="sm:max-w-60"
            value={format}
            onChange={(event) => setFormat(foreignFormat.safeParse(event.target.value).data ?? 'auto')}
            options={Object.entries(words.formats).map(([value, label]) => ({ value, label }))}
          />
        )}
      </Field>
      <Failure failure={call.failure} />
      <div>
        <Button
          look={found === null ? 'primary' : 'secondary'}
          pending={call.pending}
          disabled={content.trim() === ''}
          onClick={() => void run()}
        >
          {words.read}
        </Button>
      </div>
      {found !== null && <ForeignFound found={found} onUse={onUse} />}
    </>
  )
}

type ForeignFoundProps = { found: ForeignProviders; onUse: (provider: ImportedProvider) => void }

/**
 * The content of another tool's file. Nothing is registered yet: each provider goes through the form first.
 */
function ForeignFound({ found, onUse }: ForeignFoundProps) {
  if (found.providers.length === 0) return <Callout tone="wait" title={words.none} live="polite" />
  return (
    <PageSection title={words.found(found.providers.length, words.formats[found.format])} className="mt-2!">
      <div className="flex flex-col gap-3">
        {found.notes.map((note) => (
          <Callout key={note} tone="info" title={note} />
        ))}
        <Rows>
          {found.providers.map((provider) => (
            <div key={provider.draft.slug} className="flex items-start gap-3">
              <div className="min-w-0 flex-1">
                <p className="text-sm font-medium">{provider.draft.name}</p>
                {provider.missing.length > 0 && (
                  <p className="text-wait text-xs">{words.missing(provider.missing.join(', '))}</p>
                )}
                {provider.notes.map((note) => (
                  <p key={note} className="text-muted text-xs text-pretty">
                    {note}
                  </p>
                ))}
              </div>
              <Button
                size="sm"
                aria-label={words.setUpNamed(provider.draft.name)}
                onClick={() => onUse(provider)}
              >
                {words.setUp}
              </Button>
            </div>
          ))}
        </Rows>
      </div>
    </PageSection>
  )
}

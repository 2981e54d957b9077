import type { ForeignProviders, ImportedProvider } from '../../../shared/contract/provider-import.ts'
import { Button } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { Rows, Section } from '../../components/section.tsx'
import { text } from '../../lib/text.ts'

const words = text.import

type ForeignFoundProps = { found: ForeignProviders; onUse: (provider: ImportedProvider) => void }

/** What another tool's file describes. Nothing is registered yet: each goes through the form first. */
export function ForeignFound({ found, onUse }: ForeignFoundProps) {
  if (found.providers.length === 0) return <Callout tone="wait" title={words.none} live="polite" />
  return (
    <Section title={words.found(found.providers.length, words.formats[found.format])} className="mt-2!">
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
    </Section>
  )
}

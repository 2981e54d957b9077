import { useState } from 'react'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { Discovered, ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import { StepTrace } from '../../components/display/step-trace.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Page, PageSection } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { replaceRoute } from '../../stores/use-route.ts'
import { NewProvider } from './register-provider.tsx'

const words = text.add.url

/** Fills the form from a URL and shows the requests and responses of the discovery. */
export function AddByUrl({ url }: { url: string }) {
  const [typed, setTyped] = useState(url)
  const [found, setFound] = useState<Discovered | null>(null)
  const [accepted, setAccepted] = useState(false)
  const discover = useCall('providers.discover')

  const lookUp = async (): Promise<void> => {
    const wanted = withScheme(typed.trim())
    if (wanted === '') return
    setFound(null)
    replaceRoute({ name: 'add-url', url: wanted })
    const answer = await discover.run({ url: wanted, client: 'register' })
    if (answer !== null) setFound(answer.value)
  }

  if (found !== null && accepted) {
    return <NewProvider preset={null} draft={found.draft} draftKey={`provider:url:${typed}`} />
  }
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      back={{ href: hrefOf({ name: 'add', query: '' }), label: text.add.backToAdd }}
      width="narrow"
    >
      <form
        aria-label={words.title}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void lookUp()
        }}
      >
        <AddressField value={typed} onChange={setTyped} />
        <Failure
          failure={discover.failure}
          actions={
            <a href={hrefOf({ name: 'register', preset: null })} className={buttonClasses('secondary', 'sm')}>
              {words.byHand}
            </a>
          }
        />
        <Tried failure={discover.failure} />
        <div className="flex gap-2">
          <Button type="submit" look={found === null ? 'primary' : 'secondary'} pending={discover.pending}>
            {words.look}
          </Button>
          {discover.slow && <Button onClick={discover.leave}>{text.common.stopWaiting}</Button>}
        </div>
        <p role="status" className="text-muted text-sm">
          {discover.slow ? words.looking : ''}
        </p>
      </form>
      {found !== null && <Found found={found} onContinue={() => setAccepted(true)} />}
    </Page>
  )
}

function AddressField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field label={words.label} hint={words.hint}>
      {(ids) => (
        <TextInput
          {...ids}
          mono
          autoFocus
          inputMode="url"
          value={value}
          placeholder={words.placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

/** "auth.example.com" is read as https; a loopback host as http. */
function withScheme(address: string): string {
  if (address === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address
  return /^(?:localhost|127\.|\[::1\])/.test(address) ? `http://${address}` : `https://${address}`
}

/** Every address that was tried in vain, with its result. */
function Tried({ failure }: { failure: ErrorBody | null }) {
  const steps: unknown = failure?.['steps']
  if (!Array.isArray(steps) || steps.length === 0) return null
  return (
    <section aria-label={words.tried}>
      <StepTrace steps={steps as ProviderCheckStep[]} />
    </section>
  )
}

/** The result of the discovery, before anything is saved. */
function Found({ found, onContinue }: { found: Discovered; onContinue: () => void }) {
  return (
    <PageSection title={words.steps} className="mt-4!">
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
    </PageSection>
  )
}

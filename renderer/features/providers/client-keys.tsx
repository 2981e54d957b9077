import { toast } from 'sonner'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { CodeBlock, CopyField } from '../../components/display/copy.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Button } from '../../components/input/button.tsx'
import { PageSection } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.providers.keys

/** The public key to register at a provider that takes a signature instead of a secret. */
export function ClientKeys({ provider }: { provider: ProviderView }) {
  const make = useCall('providers.newClientKey', 'told')
  const { clientKeys, clientKeyPem } = provider
  const makeKey = async (): Promise<void> => {
    if ((await make.run({ id: provider.id })) !== null) toast.success(words.made)
  }
  return (
    <PageSection title={words.title} hint={clientKeys.length === 0 ? words.none : words.hint}>
      <div className="flex flex-col items-start gap-3">
        {clientKeys.length > 0 && (
          <CopyField
            label={words.jwks}
            value={JSON.stringify({ keys: clientKeys })}
            copyLabel={words.copyJwks}
          />
        )}
        {clientKeyPem !== null && (
          <CodeBlock label={words.pem} code={clientKeyPem} copyLabel={words.copyPem} />
        )}
        {clientKeys.length > 1 && <p className="text-muted text-xs">{words.older}</p>}
        <Button pending={make.pending} onClick={() => void makeKey()}>
          {words.make}
        </Button>
        <Failure failure={make.failure} />
      </div>
    </PageSection>
  )
}

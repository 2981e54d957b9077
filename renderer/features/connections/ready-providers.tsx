import { isolated } from '../../../shared/contract/name.ts'
import { Plug } from 'lucide-react'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { Button } from '../../components/button.tsx'
import { ProviderIcon } from '../../components/provider-icon.tsx'
import { Rows } from '../../components/section.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'

/** Providers that are set up and have no account yet: one press from a connection. */
export function ReadyProviders({ providers }: { providers: readonly ProviderView[] }) {
  return (
    <Rows>
      {providers.map((provider) => (
        <ReadyProvider key={provider.id} provider={provider} />
      ))}
    </Rows>
  )
}

function ReadyProvider({ provider }: { provider: ProviderView }) {
  const signIn = useStartSignIn()
  const icon = useIconOf(provider.slug, provider.id)
  return (
    <div className="flex flex-wrap items-center gap-3">
      <ProviderIcon icon={icon} name={provider.name} />
      <a
        href={hrefOf({ name: 'provider', id: provider.id, tab: 'overview' })}
        className="min-w-0 flex-1 text-sm font-medium hover:underline"
      >
        {isolated(provider.name)}
      </a>
      <Button
        look="primary"
        size="sm"
        icon={<Plug />}
        pending={signIn.pending}
        aria-label={text.connections.connectTo(provider.name)}
        onClick={() => void signIn.start({ providerId: provider.id })}
      >
        {text.connections.connect}
      </Button>
    </div>
  )
}

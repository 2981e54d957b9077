import { ChevronDown } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { InstalledBrowser } from '../../../shared/contract/browser.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Menu } from '../../components/menu.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useHost } from '../../stores/window-context.tsx'

const words = text.signIn.waiting

/** The browsers on Keyway's machine: for whoever is signed in with the wrong account in the usual one. Nothing where none are known. */
export function OpenWith({ flowId }: { flowId: string }) {
  const browsers = useBrowsers()
  const openAgain = useCall('flows.openAgain')
  if (browsers.length === 0) return null
  return (
    <>
      <Menu
        align="start"
        items={[
          ...browsers.map(({ id, name }) => ({
            kind: 'item' as const,
            label: name,
            onSelect: () => void openAgain.run({ id: flowId, browser: id }),
          })),
          { kind: 'divider', key: 'hint' },
          { kind: 'heading', label: words.openWithHint },
        ]}
        trigger={
          <Button pending={openAgain.pending}>
            {words.openWith}
            <ChevronDown aria-hidden="true" className="text-muted -mr-1 size-4" />
          </Button>
        }
      />
      <Failure failure={openAgain.failure} />
    </>
  )
}

function useBrowsers(): readonly InstalledBrowser[] {
  const host = useHost()
  const [browsers, setBrowsers] = useState<readonly InstalledBrowser[]>([])
  useEffect(() => {
    let wanted = true
    void host.call('browsers.list', undefined).then((answer) => {
      if (wanted && answer.ok) setBrowsers(answer.value)
    })
    return () => {
      wanted = false
    }
  }, [host])
  return browsers
}

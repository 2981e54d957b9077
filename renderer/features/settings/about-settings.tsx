import { Facts, Kbd } from '../../components/display/facts.tsx'
import { Logo } from '../../components/brand/logo.tsx'
import { Rows, PageSection } from '../../components/layout/page.tsx'
import { modifierLabel } from '../../lib/browser.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.settings.about

export function AboutSettings() {
  const { host, platform, server } = useSnapshot()
  return (
    <>
      <PageSection title={words.title}>
        <div className="mb-4 flex items-center gap-3.5">
          <Logo className="size-12" />
          <p className="text-muted text-sm text-pretty">{words.lead}</p>
        </div>
        <Facts
          facts={[
            { label: words.version, value: server.version },
            { label: words.host, value: words.hosts[host] },
            { label: words.platform, value: platform },
          ]}
        />
      </PageSection>
      <PageSection title={words.shortcuts}>
        <Rows>
          {words.keys.map(({ keys, what }) => (
            <div key={what} className="flex items-center justify-between gap-4 text-sm">
              <span>{what}</span>
              <span className="sr-only">{keys.join(' ')}</span>
              <Kbd keys={keys.map((key) => (key === 'mod' ? modifierLabel(platform) : key))} />
            </div>
          ))}
        </Rows>
      </PageSection>
    </>
  )
}

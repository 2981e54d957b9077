import { Page } from '../../components/layout/page.tsx'
import { classes } from '../../lib/format.ts'
import { hrefOf, settingsSections, type SettingsSection } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { AboutSettings } from './about-settings.tsx'
import { DataSettings } from './data-settings.tsx'
import { GeneralSettings } from './general-settings.tsx'
import { NetworkSection } from './network-settings.tsx'
import { ServerSettings } from './server-settings.tsx'
import { VaultSettings } from './vault-settings.tsx'

const words = text.settings

export function SettingsScreen({ section }: { section: SettingsSection }) {
  return (
    <Page title={words.title} width="wide">
      <div className="flex gap-8 max-md:flex-col max-md:gap-5">
        <nav
          aria-label={words.nav}
          className="flex w-40 shrink-0 flex-col gap-px max-md:-mx-1 max-md:w-auto max-md:flex-row max-md:flex-wrap max-md:gap-0.5"
        >
          {settingsSections.map((each) => (
            <a
              key={each}
              href={hrefOf({ name: 'settings', section: each })}
              aria-current={each === section ? 'page' : undefined}
              className={classes(
                'flex h-8 items-center rounded-md px-2.5 text-sm font-medium transition-colors max-sm:h-9 max-sm:px-2',
                each === section ? 'bg-active text-ink' : 'text-muted hover:bg-hover hover:text-ink',
              )}
            >
              {words.sections[each]}
            </a>
          ))}
        </nav>
        <div className="min-w-0 max-w-2xl flex-1">
          <SectionContent section={section} />
        </div>
      </div>
    </Page>
  )
}

function SectionContent({ section }: { section: SettingsSection }) {
  switch (section) {
    case 'general':
      return <GeneralSettings />
    case 'vault':
      return <VaultSettings />
    case 'server':
      return <ServerSettings />
    case 'network':
      return <NetworkSection />
    case 'data':
      return <DataSettings />
    default:
      return <AboutSettings />
  }
}

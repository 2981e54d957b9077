import { BellRing, Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/input/button.tsx'
import { Callout } from '../../components/feedback/callout.tsx'
import { Rows, PageSection } from '../../components/layout/page.tsx'
import { Segmented } from '../../components/input/choices.tsx'
import { SwitchRow } from '../../components/input/switch.tsx'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { NumberSetting, useSetting } from './setting-fields.tsx'

const words = text.settings.general

export function GeneralSettings() {
  const { settings, desktop } = useSnapshot()
  const { kind, capabilities } = useHost()
  const save = useSetting()
  const whyNoLoginItem = capabilities.loginItem ? (desktop?.whyNoLoginItem ?? null) : words.desktopOnly
  return (
    <>
      <PageSection title={words.appearance}>
        <Rows>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <span className="text-sm font-medium">{words.theme}</span>
            <Segmented
              label={words.theme}
              value={settings.theme}
              onChange={(theme) => void save({ theme })}
              segments={[
                { value: 'system', label: words.themes.system, icon: <Monitor aria-hidden="true" /> },
                { value: 'light', label: words.themes.light, icon: <Sun aria-hidden="true" /> },
                { value: 'dark', label: words.themes.dark, icon: <Moon aria-hidden="true" /> },
              ]}
            />
          </div>
        </Rows>
      </PageSection>
      <PageSection title={words.startup}>
        <Rows>
          <SwitchRow
            label={words.startAtLogin}
            hint={whyNoLoginItem ?? words.startAtLoginHint}
            checked={settings.startAtLogin}
            disabled={whyNoLoginItem !== null}
            onChange={(startAtLogin) => void save({ startAtLogin })}
          />
          {desktop?.hasTray === false && <Callout tone="info" title={words.noTray} />}
        </Rows>
      </PageSection>
      <PageSection title={words.attention}>
        <Rows>
          <SwitchRow
            label={words.notifications}
            hint={kind === 'headless' ? words.notificationsInBrowser : words.notificationsHint}
            checked={settings.notifications}
            disabled={!capabilities.notifications}
            onChange={(notifications) => void save({ notifications })}
          />
          {kind === 'headless' && settings.notifications && <BrowserPermission />}
          <NumberSetting name="reminderMinutes" label={words.reminder} hint={words.reminderHint} />
        </Rows>
      </PageSection>
    </>
  )
}

/** A browser shows notifications only of pages that have permission. */
function BrowserPermission() {
  const [permission, setPermission] = useState(() =>
    'Notification' in window ? Notification.permission : 'denied',
  )
  if (permission === 'granted') return null
  if (permission === 'denied') return <p className="text-muted text-xs">{words.browserBlocks}</p>
  const ask = async (): Promise<void> => setPermission(await Notification.requestPermission())
  return (
    <div>
      <Button icon={<BellRing aria-hidden="true" />} onClick={() => void ask()}>
        {words.allowBrowser}
      </Button>
    </div>
  )
}

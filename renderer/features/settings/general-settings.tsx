import { Monitor, Moon, Sun } from 'lucide-react'
import { Callout } from '../../components/callout.tsx'
import { Rows, Section } from '../../components/section.tsx'
import { Segmented } from '../../components/segmented.tsx'
import { SwitchRow } from '../../components/switch.tsx'
import { text } from '../../lib/text.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { NumberSetting } from './setting-fields.tsx'
import { useSetting } from './use-setting.ts'

const words = text.settings.general

export function GeneralSettings() {
  const { settings, desktop } = useSnapshot()
  const { capabilities } = useHost()
  const save = useSetting()
  const whyNoLoginItem = capabilities.loginItem ? (desktop?.whyNoLoginItem ?? null) : words.desktopOnly
  return (
    <>
      <Section title={words.appearance}>
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
      </Section>
      <Section title={words.startup}>
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
      </Section>
      <Section title={words.attention}>
        <Rows>
          <SwitchRow
            label={words.notifications}
            hint={capabilities.notifications ? words.notificationsHint : words.desktopOnly}
            checked={settings.notifications}
            disabled={!capabilities.notifications}
            onChange={(notifications) => void save({ notifications })}
          />
          <NumberSetting name="reminderMinutes" label={words.reminder} hint={words.reminderHint} />
        </Rows>
      </Section>
    </>
  )
}

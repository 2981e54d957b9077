import { HardDrive } from 'lucide-react'
import { CopyField } from '../../components/display/copy.tsx'
import { Moment } from '../../components/display/facts.tsx'
import { Card, Rows, PageSection } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { DiagnosticsSection, MoveSection } from '../move/move-section.tsx'
import { NumberSetting } from './setting-fields.tsx'

const words = text.settings.data

export function DataSettings() {
  const { damages, dataFolder } = useSnapshot()
  return (
    <>
      <PageSection title={words.title}>
        <Rows>
          {dataFolder !== null && (
            <div className="flex flex-col gap-1.5">
              <p className="text-sm font-medium">{words.folder}</p>
              <p className="text-muted text-xs">{words.folderHint}</p>
              <CopyField label={words.folder} value={dataFolder} copyLabel={words.copyFolder} />
            </div>
          )}
          <NumberSetting name="activityDays" label={words.days} hint={words.daysHint} />
        </Rows>
      </PageSection>
      <MoveSection />
      <DiagnosticsSection />
      <PageSection title={words.damages}>
        {damages.length === 0 ? (
          <Card className="text-muted flex items-center gap-2.5 px-4 py-3 text-sm">
            <HardDrive aria-hidden="true" className="size-4" />
            <p>{words.damagesNone}</p>
          </Card>
        ) : (
          <Rows>
            {damages.map((damage) => (
              <div key={damage.setAsidePath} className="flex flex-col gap-0.5 text-sm">
                <p className="text-ink font-medium break-all">{damage.file}</p>
                <p className="text-muted text-xs break-all">
                  {words.damage.setAside} <code>{damage.setAsidePath}</code>
                </p>
                <p className="text-muted text-xs">
                  {words.damage.using}: {words.using[damage.using]} · {words.damage.when}{' '}
                  <Moment at={damage.detectedAt} />
                </p>
              </div>
            ))}
          </Rows>
        )}
      </PageSection>
    </>
  )
}

import { useState } from 'react'
import type {
  BundleChoice,
  BundleImported,
  BundleItem,
  BundleReport,
} from '../../../shared/contract/bundle.ts'
import { Button } from '../../components/button.tsx'
import { Checkbox } from '../../components/checkbox.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Select } from '../../components/select.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { text } from '../../lib/text.ts'
import { relative } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useCall } from '../../stores/use-call.ts'
import { BundleWarnings } from './bundle-warnings.tsx'
import type { OpenedBundle } from './import-dialog.tsx'

const words = text.move
type Picks = Record<string, BundleChoice>

type ChooseImportProps = {
  bundle: OpenedBundle
  report: BundleReport
  onBack: () => void
  onClose: () => void
  onDone: (result: BundleImported) => void
}

/** Each thing in the file with what would happen to it; the suggestion of the core stands until one says otherwise. */
export function ChooseImport({ bundle, report, onBack, onClose, onDone }: ChooseImportProps) {
  const now = useNow(60_000)
  const [picks, setPicks] = useState<Picks>({})
  const [takeSettings, setTakeSettings] = useState(false)
  const call = useCall('bundle.import')
  const pick = (id: string, choice: BundleChoice): void => setPicks({ ...picks, [id]: choice })
  const chosen = (items: readonly BundleItem[]): Picks =>
    Object.fromEntries(items.map((item) => [item.id, picks[item.id] ?? item.choices[0] ?? 'skip']))

  const submit = async (): Promise<void> => {
    const answer = await call.run({
      ...bundle,
      choices: {
        providers: chosen(report.providers),
        connections: chosen(report.connections),
        apps: chosen(report.apps),
        settings: takeSettings ? 'take' : 'skip',
      },
    })
    if (answer !== null) onDone(answer.value)
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.importTitle}
      description={words.made(relative(report.createdAt, now), report.keywayVersion)}
      width="lg"
      footer={
        <>
          <Button onClick={onBack}>{words.back}</Button>
          <StopWaiting call={call} />
          <Button look="primary" pending={call.pending} onClick={() => void submit()}>
            {words.importAction}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <BundleWarnings warnings={report.warnings} />
        <Items title={words.providers} items={report.providers} picks={picks} onPick={pick} />
        <Items title={words.connections} items={report.connections} picks={picks} onPick={pick} />
        <Items title={words.apps} items={report.apps} picks={picks} onPick={pick} />
        {report.settings.length > 0 && (
          <section aria-label={words.settings} className="flex flex-col gap-2">
            <h3 className="text-sm font-semibold">{words.settings}</h3>
            <Checkbox label={words.takeSettings} checked={takeSettings} onChange={setTakeSettings} />
            <ul className="text-muted flex list-disc flex-col gap-0.5 pl-9 text-xs">
              {report.settings.map(({ name, here, there }) => (
                <li key={name}>{words.settingLine(name, here, there)}</li>
              ))}
            </ul>
          </section>
        )}
        <Failure failure={call.failure} />
      </div>
    </Dialog>
  )
}

type ItemsProps = {
  title: string
  items: readonly BundleItem[]
  picks: Picks
  onPick: (id: string, choice: BundleChoice) => void
}

function Items({ title, items, picks, onPick }: ItemsProps) {
  if (items.length === 0) return null
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      <ul className="border-line divide-line divide-y rounded-lg border">
        {items.map((item) => (
          <li key={item.id} className="flex items-center gap-3 px-3 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate text-sm font-medium">{item.name}</p>
              {item.clash !== null && <p className="text-wait text-xs text-pretty">{item.clash.message}</p>}
            </div>
            <Select
              aria-label={words.choiceFor(item.name)}
              className="w-32 shrink-0"
              value={picks[item.id] ?? item.choices[0] ?? 'skip'}
              onChange={(event) => onPick(item.id, event.target.value as BundleChoice)}
              options={item.choices.map((choice) => ({ value: choice, label: words.choices[choice] }))}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

import { type ReactNode, useState } from 'react'
import type {
  BundleApp,
  BundleChoice,
  BundleImported,
  BundleItem,
  BundleReport,
} from '../../../shared/contract/transfer.ts'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { Checkbox } from '../../components/input/checkbox.tsx'
import { Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { FileButton, SecretInput } from '../../components/input/inputs.tsx'
import { relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { BundleWarnings } from './bundle-warnings.tsx'

const words = text.move

/** The state between the steps; the passphrase is kept only here, until the dialog closes. */
export type OpenedBundle = { content: string; passphrase: string }
type Step =
  | { kind: 'asking' }
  | { kind: 'choosing'; bundle: OpenedBundle; report: BundleReport }
  | { kind: 'done'; result: BundleImported }

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [step, setStep] = useState<Step>({ kind: 'asking' })
  switch (step.kind) {
    case 'asking':
      return (
        <AskForBundle
          onClose={onClose}
          onOpened={(bundle, report) => setStep({ kind: 'choosing', bundle, report })}
        />
      )
    case 'choosing':
      return (
        <ChooseImport
          bundle={step.bundle}
          report={step.report}
          onBack={() => setStep({ kind: 'asking' })}
          onClose={onClose}
          onDone={(result) => setStep({ kind: 'done', result })}
        />
      )
    default:
      return <ImportDone result={step.result} onClose={onClose} />
  }
}

type BundleFile = { name: string; content: string }
type AskProps = { onClose: () => void; onOpened: (bundle: OpenedBundle, report: BundleReport) => void }

function AskForBundle({ onClose, onOpened }: AskProps) {
  const [file, setFile] = useState<BundleFile | null>(null)
  const [passphrase, setPassphrase] = useState('')
  const [submitted, setSubmitted] = useState(false)
  const inspect = useCall('bundle.inspect')

  const submit = async (): Promise<void> => {
    setSubmitted(true)
    if (file === null) return
    const bundle = { content: file.content, passphrase }
    const answer = await inspect.run(bundle)
    if (answer !== null) onOpened(bundle, answer.value)
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.importTitle}
      description={words.importLead}
      footer={
        <>
          <Button onClick={inspect.slow ? inspect.leave : onClose}>
            {inspect.slow ? text.common.stopWaiting : text.common.cancel}
          </Button>
          <Button look="primary" type="submit" form="inspect-bundle" pending={inspect.pending}>
            {words.inspect}
          </Button>
        </>
      }
    >
      <form
        id="inspect-bundle"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <BundleFileChoice file={file} missing={file === null && submitted} onChoose={setFile} />
        <Field label={words.passphrase} required>
          {(ids) => (
            <SecretInput
              {...ids}
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
          )}
        </Field>
        <Failure failure={inspect.failure} />
      </form>
    </Dialog>
  )
}

type BundleFileChoiceProps = {
  file: BundleFile | null
  missing: boolean
  onChoose: (file: BundleFile) => void
}

function BundleFileChoice({ file, missing, onChoose }: BundleFileChoiceProps) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <FileButton
        label={words.chooseFile}
        onChoose={(chosen) => {
          void chosen.text().then((content) => onChoose({ name: chosen.name, content }))
        }}
      />
      <p role="status" className={`min-w-0 text-sm break-all ${missing ? 'text-bad' : 'text-muted'}`}>
        {file === null ? (missing ? words.fileMissing : '') : words.fileChosen(file.name)}
      </p>
    </div>
  )
}

type Picks = Record<string, BundleChoice>

type ChooseImportProps = {
  bundle: OpenedBundle
  report: BundleReport
  onBack: () => void
  onClose: () => void
  onDone: (result: BundleImported) => void
}

/** The person's choices; the core's suggestion applies until then. */
function useImportChoices(report: BundleReport) {
  const [picks, setPicks] = useState<Picks>({})
  const [keepKeys, setKeepKeys] = useState<readonly string[]>([])
  const [takeSettings, setTakeSettings] = useState(false)
  const chosen = (items: readonly BundleItem[]): Picks =>
    Object.fromEntries(items.map((item) => [item.id, picks[item.id] ?? item.choices[0] ?? 'skip']))
  const apps = chosen(report.apps)
  return {
    picks,
    pick: (id: string, choice: BundleChoice): void => setPicks({ ...picks, [id]: choice }),
    isKept: (id: string): boolean => keepKeys.includes(id),
    keepKey: (id: string, keep: boolean): void =>
      setKeepKeys(keep ? [...keepKeys, id] : keepKeys.filter((other) => other !== id)),
    takeSettings,
    setTakeSettings,
    choices: {
      providers: chosen(report.providers),
      connections: chosen(report.connections),
      apps,
      keepKeys: keepKeys.filter((id) => apps[id] !== 'skip'),
      settings: takeSettings ? ('take' as const) : ('skip' as const),
    },
  }
}

/** Each entry of the file with the effect of importing it. */
function ChooseImport({ bundle, report, onBack, onClose, onDone }: ChooseImportProps) {
  const now = useNow(60_000)
  const { picks, pick, isKept, keepKey, takeSettings, setTakeSettings, choices } = useImportChoices(report)
  const call = useCall('bundle.import')

  const submit = async (): Promise<void> => {
    const answer = await call.run({ ...bundle, choices })
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
        <Items
          title={words.apps}
          lead={words.appsArrive}
          items={report.apps}
          picks={picks}
          onPick={pick}
          renderMore={(app) => (
            <ArrivingApp app={app} isKept={isKept(app.id)} onKeep={(keep) => keepKey(app.id, keep)} />
          )}
        />
        <SettingsOfFile settings={report.settings} isTaken={takeSettings} onTake={setTakeSettings} />
        <Failure failure={call.failure} />
      </div>
    </Dialog>
  )
}

type SettingsOfFileProps = {
  settings: BundleReport['settings']
  isTaken: boolean
  onTake: (take: boolean) => void
}

function SettingsOfFile({ settings, isTaken, onTake }: SettingsOfFileProps) {
  if (settings.length === 0) return null
  return (
    <section aria-label={words.settings} className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{words.settings}</h3>
      <Checkbox label={words.takeSettings} checked={isTaken} onChange={onTake} />
      <ul className="text-muted flex list-disc flex-col gap-0.5 pl-9 text-xs">
        {settings.map(({ name, here, there, isTaken: comes }) => (
          <li key={name}>
            {words.settingLine(name, here, there)}
            {!comes && ` (${words.settingStays})`}
          </li>
        ))}
      </ul>
    </section>
  )
}

type ArrivingAppProps = { app: BundleApp; isKept: boolean; onKeep: (keep: boolean) => void }

/** The rights that it loses, and its key, which it loses too unless the person decides otherwise. */
function ArrivingApp({ app, isKept, onKeep }: ArrivingAppProps) {
  if (app.loses.length === 0 && app.keyCount === 0) return null
  return (
    <div className="mt-2 flex flex-col gap-2">
      {app.loses.length > 0 && (
        <ul className="text-wait flex list-disc flex-col gap-0.5 pl-4 text-xs text-pretty">
          {app.loses.map((right) => (
            <li key={right}>{words.loses[right]}</li>
          ))}
        </ul>
      )}
      {app.keyCount > 0 && (
        <Checkbox label={words.keepKey} hint={words.keepKeyHint} checked={isKept} onChange={onKeep} />
      )}
    </div>
  )
}

type ItemsProps<Item extends BundleItem> = {
  title: string
  lead?: string
  items: readonly Item[]
  picks: Picks
  onPick: (id: string, choice: BundleChoice) => void
  /** Shown below an item that is not left out. */
  renderMore?: (item: Item) => ReactNode
}

function Items<Item extends BundleItem>({ title, lead, items, picks, onPick, renderMore }: ItemsProps<Item>) {
  if (items.length === 0) return null
  const choiceOf = (item: Item): BundleChoice => picks[item.id] ?? item.choices[0] ?? 'skip'
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {lead !== undefined && <p className="text-muted mb-2 text-xs text-pretty">{lead}</p>}
      <ul className="border-line divide-line divide-y rounded-lg border">
        {items.map((item) => (
          <li key={item.id} className="px-3 py-2">
            <div className="flex items-center gap-3">
              <div className="min-w-0 flex-1">
                <p className="truncate text-sm font-medium">{item.name}</p>
                {item.clash !== null && <p className="text-wait text-xs text-pretty">{item.clash.message}</p>}
              </div>
              <Select
                aria-label={words.choiceFor(item.name)}
                className="w-32 shrink-0"
                value={choiceOf(item)}
                onChange={(event) => onPick(item.id, event.target.value as BundleChoice)}
                options={item.choices.map((choice) => ({ value: choice, label: words.choices[choice] }))}
              />
            </div>
            {choiceOf(item) !== 'skip' && renderMore?.(item)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function ImportDone({ result, onClose }: { result: BundleImported; onClose: () => void }) {
  const { added, renamed, notes, warnings } = result
  const lines = [...renamed.map(({ from, to }) => words.renamed(from, to)), ...notes]
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.imported}
      footer={
        <Button look="primary" onClick={onClose}>
          {text.common.done}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Callout
          tone="ok"
          title={words.importedLine(added.providers, added.connections, added.apps)}
          live="polite"
        >
          {lines.length === 0 ? undefined : (
            <ul className="flex list-disc flex-col gap-1 pl-4">
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          )}
        </Callout>
        <BundleWarnings warnings={warnings} />
      </div>
    </Dialog>
  )
}

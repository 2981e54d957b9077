import type { BundleImported } from '../../../shared/contract/bundle.ts'
import { Button } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { text } from '../../lib/text.ts'
import { BundleWarnings } from './bundle-warnings.tsx'

const words = text.move

export function ImportDone({ result, onClose }: { result: BundleImported; onClose: () => void }) {
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

import { CircleHelp } from 'lucide-react'
import { createContext, useContext } from 'react'
import { Tooltip } from '../../components/tooltip.tsx'
import { text } from '../../lib/text.ts'

/** Paths in a preset's description that nobody has checked. */
export const UnsureContext = createContext<readonly string[]>([])

/** Marks a field whose preset value is a guess; a guess about a whole part marks every field in it. */
export function UnsureMark({ name }: { name: string }) {
  const unsure = useContext(UnsureContext)
  const path = name.replace(/^spec\./, '')
  if (!unsure.some((guess) => path === guess || path.startsWith(`${guess}.`))) return null
  return (
    <Tooltip label={text.add.unsureHint}>
      <span className="text-wait inline-flex items-center gap-1 text-xs">
        <CircleHelp aria-hidden="true" className="size-3.5" />
        {text.add.unsureMark}
      </span>
    </Tooltip>
  )
}

import { useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { UiResult } from '../../../shared/contract/ui-api.ts'
import { saveText } from '../../lib/browser.ts'
import { text } from '../../lib/text.ts'
import type { ActivityFilterQuery } from '../../stores/use-activity.ts'
import { useHost } from '../../stores/window-context.tsx'

const words = text.activity
const PAGE = 1000

export type ExportActivity = {
  /** Number of rows collected so far; null: no export is running. */
  collected: number | null
  failure: ErrorBody | null
  start(): Promise<void>
  cancel(): void
}

/** Exports every row that matches the filters, not only the visible ones, as JSON lines, newest first. */
export function useExportActivity(query: ActivityFilterQuery): ExportActivity {
  const host = useHost()
  const [collected, setCollected] = useState<number | null>(null)
  const [failure, setFailure] = useState<ErrorBody | null>(null)
  const attempt = useRef(0)
  const cancel = (): void => {
    attempt.current += 1
    setCollected(null)
  }
  useEffect(() => {
    return () => {
      attempt.current += 1
    }
  }, [])

  const start = async (): Promise<void> => {
    attempt.current += 1
    const mine = attempt.current
    const lines: string[] = []
    let before: number | null = null
    setFailure(null)
    setCollected(0)
    for (;;) {
      const answer: UiResult<ActivityRow[]> = await host.call('activity.query', {
        ...query,
        limit: PAGE,
        ...(before === null ? {} : { before }),
      })
      if (mine !== attempt.current) return
      if (!answer.ok) {
        setFailure(answer.failure)
        setCollected(null)
        return
      }
      lines.push(...answer.value.map((row) => JSON.stringify(row)))
      setCollected(lines.length)
      before = answer.value.at(-1)?.seq ?? null
      if (answer.value.length < PAGE || before === null) break
    }
    setCollected(null)
    saveText('keyway-activity.jsonl', lines.join('\n'))
    toast.success(words.exported(lines.length))
  }
  return { collected, failure, start, cancel }
}

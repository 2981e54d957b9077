import { useEffect, useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { SupportReport } from '../../../shared/contract/diagnostics.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Skeleton } from '../../components/skeleton.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { ShownFileDialog } from '../move/shown-file-dialog.tsx'

const words = text.move

export function ReportDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const [report, setReport] = useState<SupportReport | null>(null)
  const { run, failure } = useCall('connections.report')
  useEffect(() => {
    void run({ id: connection.id }).then((answer) => {
      if (answer !== null) setReport(answer.value)
    })
  }, [run, connection.id])
  const lead = words.reportLead(connectionName(connection))
  if (report !== null) {
    return <ShownFileDialog title={words.reportTitle} lead={lead} file={report} onClose={onClose} />
  }
  return (
    <Dialog open onClose={onClose} title={words.reportTitle} description={lead} width="lg">
      <Failure failure={failure} />
      {failure === null && <Skeleton className="h-80" />}
    </Dialog>
  )
}

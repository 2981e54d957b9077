import { useState } from 'react'
import { toast } from 'sonner'
import type { AppView } from '../../../shared/contract/app.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/select.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { hrefOf } from '../../lib/route.ts'
import { leaveGone } from '../../stores/use-route.ts'
import type { FreshKey } from './key-dialog.tsx'

const words = text.apps.detail

type RotateProps = { app: AppView; onClose: () => void; onFresh: (fresh: FreshKey) => void }

export function RotateDialog({ app, onClose, onFresh }: RotateProps) {
  const [overlap, setOverlap] = useState('60')
  const rotate = useCall('apps.rotateKey')
  const confirm = async (): Promise<void> => {
    const answer = await rotate.run({ id: app.id, overlapMinutes: Number(overlap) })
    if (answer === null) return
    onClose()
    onFresh(answer.value)
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.rotateTitle}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" pending={rotate.pending} onClick={() => void confirm()}>
            {words.rotateConfirm}
          </Button>
        </>
      }
    >
      <p>{words.rotateLead}</p>
      <Field label={words.overlap}>
        {(ids) => (
          <Select
            {...ids}
            value={overlap}
            onChange={(event) => setOverlap(event.target.value)}
            options={Object.entries(words.overlaps).map(([value, label]) => ({ value, label }))}
          />
        )}
      </Field>
      <Failure failure={rotate.failure} />
    </ConfirmDialog>
  )
}

export function RevokeDialog({ app, onClose }: { app: AppView; onClose: () => void }) {
  const remove = useCall('apps.remove', 'told')
  const confirm = async (): Promise<void> => {
    if ((await remove.run({ id: app.id })) === null) return
    toast.success(words.revoked(app.name))
    leaveGone(hrefOf({ name: 'app', id: app.id }), { name: 'apps' })
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.revokeTitle(app.name)}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="danger" pending={remove.pending} onClick={() => void confirm()}>
            {words.revoke}
          </Button>
        </>
      }
    >
      <p>{words.revokeLead}</p>
      <Failure failure={remove.failure} />
    </ConfirmDialog>
  )
}

import { zodResolver } from '@hookform/resolvers/zod'
import { useForm } from 'react-hook-form'
import { toast } from 'sonner'
import { z } from 'zod'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { cleanName } from '../../../shared/contract/name.ts'
import { accountSchema } from '../../../shared/contract/slug.ts'
import { Button } from '../../components/input/button.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { toastUndone } from '../toasts.ts'
import { useHost } from '../../stores/window-context.tsx'

const words = text.connections.renameDialog
const renameForm = z.object({ account: accountSchema })

export function RenameDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const host = useHost()
  const rename = useCall('connections.rename')
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(renameForm),
    defaultValues: { account: cleanName(connection.account) },
  })
  const { id, account: before } = connection

  const submit = async ({ account }: { account: string }): Promise<void> => {
    if (account === before) return onClose()
    if ((await rename.run({ id, account })) === null) return
    toast.success(text.connections.renamed(account), {
      action: {
        label: text.connections.renamedUndo,
        onClick: () => void toastUndone(host.call('connections.rename', { id, account: before })),
      },
    })
    onClose()
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" type="submit" form="rename" pending={rename.pending}>
            {text.common.save}
          </Button>
        </>
      }
    >
      <form
        id="rename"
        noValidate
        onSubmit={(event) => void handleSubmit(submit)(event)}
        className="flex flex-col gap-4"
      >
        <Field label={words.label} hint={words.hint} error={formState.errors.account?.message} required>
          {(ids) => <TextInput {...ids} {...register('account')} />}
        </Field>
        <Failure failure={rename.failure} />
      </form>
    </Dialog>
  )
}

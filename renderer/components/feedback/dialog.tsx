import { X } from 'lucide-react'
import { AlertDialog, Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from '../../lib/format.ts'
import { useFocusThereAndBack } from '../../lib/hooks.ts'
import { text } from '../../lib/text.ts'
import { IconButton } from '../input/button.tsx'
import { keepsOpenForGuest, ModalGuest } from '../modal-guest.tsx'

const overlay = 'animate-fade fixed inset-0 z-40 bg-[light-dark(rgb(15_15_25/0.32),rgb(0_0_0/0.6))]'
const panel =
  'animate-pop shadow-pop bg-raised fixed top-1/2 left-1/2 z-50 flex max-h-[min(44rem,calc(100dvh-2rem))] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl outline-none'

type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  children: ReactNode
  footer?: ReactNode
  width?: 'md' | 'lg'
}

export function Dialog({ open, onClose, title, description, children, footer, width = 'md' }: DialogProps) {
  const focus = useFocusThereAndBack()
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content
          className={classes(panel, width === 'md' ? 'max-w-md' : 'max-w-2xl')}
          tabIndex={-1}
          {...focus}
          {...keepsOpenForGuest}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <div className="flex items-start gap-3 px-5 pt-4.5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-ink text-lg font-semibold tracking-tight">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="text-muted text-sm text-pretty">
                  {description}
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton
                label={text.common.close}
                icon={<X aria-hidden="true" />}
                className="-mt-1 -mr-1.5"
              />
            </Radix.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer !== undefined && <DialogFooter>{footer}</DialogFooter>}
          <ModalGuest />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function DialogFooter({ children }: { children: ReactNode }) {
  return <div className="border-line flex flex-wrap justify-end gap-2 border-t px-5 py-3.5">{children}</div>
}

type ConfirmProps = {
  open: boolean
  onClose: () => void
  title: string
  /** What will happen, in sentences. */
  children: ReactNode
  footer: ReactNode
  width?: 'md' | 'lg'
}

/** A question that must be answered: only its buttons and Escape close it. */
export function ConfirmDialog({ open, onClose, title, children, footer, width = 'md' }: ConfirmProps) {
  const focus = useFocusThereAndBack()
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlay} />
        <AlertDialog.Content
          className={classes(panel, width === 'md' ? 'max-w-md' : 'max-w-xl')}
          tabIndex={-1}
          {...focus}
          {...keepsOpenForGuest}
        >
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4.5 pb-4">
            <AlertDialog.Title className="text-ink text-lg font-semibold tracking-tight">
              {title}
            </AlertDialog.Title>
            <AlertDialog.Description asChild>
              <div className="text-muted mt-1.5 flex flex-col gap-2 text-sm text-pretty">{children}</div>
            </AlertDialog.Description>
          </div>
          <DialogFooter>{footer}</DialogFooter>
          <ModalGuest />
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

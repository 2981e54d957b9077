// What needs a person or a desktop. The recorder answers in their place (see desktop-recorder.cjs); without
// it these say so instead of hanging.
import type { Dialog, Shell } from 'electron'
import { strict } from '../strict.ts'

const nobody = (name: string) => (): never => {
  throw new Error(`Nobody is there to answer ${name} in the Electron stand-in.`)
}

export function createDialog(): Dialog {
  const members = {
    showMessageBox: nobody('dialog.showMessageBox'),
    showMessageBoxSync: nobody('dialog.showMessageBoxSync'),
    showOpenDialog: nobody('dialog.showOpenDialog'),
    showOpenDialogSync: nobody('dialog.showOpenDialogSync'),
    showSaveDialog: nobody('dialog.showSaveDialog'),
    showSaveDialogSync: nobody('dialog.showSaveDialogSync'),
    showErrorBox: nobody('dialog.showErrorBox'),
  } satisfies Partial<Dialog>
  return strict('dialog', members) as unknown as Dialog
}

export function createShell(): Shell {
  const members = {
    openExternal: nobody('shell.openExternal'),
    openPath: nobody('shell.openPath'),
    showItemInFolder: nobody('shell.showItemInFolder'),
    trashItem: nobody('shell.trashItem'),
    beep: () => {},
  } satisfies Partial<Shell>
  return strict('shell', members) as unknown as Shell
}

// An element that must stay usable whatever is open. A modal dialog hides and disables everything outside of
// it, so the element is rendered inside the topmost dialog, or without one at the end of the window.
import {
  createContext,
  useCallback,
  useContext,
  useId,
  useLayoutEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react'

type Guests = { guest: ReactNode; top: string | undefined; open(id: string): () => void }

const GuestContext = createContext<Guests | null>(null)

export function ModalGuestProvider({ guest, children }: { guest: ReactNode; children: ReactNode }) {
  const [dialogs, setDialogs] = useState<readonly string[]>([])
  const top = dialogs.at(-1)
  const open = useCallback((id: string) => {
    setDialogs((before) => [...before, id])
    return () => setDialogs((before) => before.filter((each) => each !== id))
  }, [])
  const value = useMemo<Guests>(() => ({ guest, top, open }), [guest, top, open])
  return (
    <GuestContext value={value}>
      {children}
      {top === undefined && guest}
    </GuestContext>
  )
}

/** Every dialog renders this as its last child. */
export function ModalGuest() {
  const guests = useContext(GuestContext)
  return guests === null ? null : <Place {...guests} />
}

function Place({ guest, top, open }: Guests) {
  const id = useId()
  useLayoutEffect(() => open(id), [open, id])
  return top === id ? guest : null
}

/** For the dialog's content: an Escape meant for the guest closes no dialog. */
export const keepsOpenForGuest = {
  onEscapeKeyDown(event: KeyboardEvent): void {
    if (event.target instanceof Element && event.target.closest('[data-modal-guest]') !== null)
      event.preventDefault()
  },
}

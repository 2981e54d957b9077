import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'

export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={150}>
      {children}
    </Radix.Provider>
  )
}

/** A hint that only repeats or extends what is already named; never the only place of a fact. */
export function Tooltip({ label, children }: { label: ReactNode; children: ReactElement }) {
  return (
    <Radix.Root>
      <Radix.Trigger
        asChild
        onFocus={(event) => {
          // A dialog or menu that hands the focus over is no question about what the button does.
          if (!event.target.matches(':focus-visible')) event.preventDefault()
        }}
      >
        {children}
      </Radix.Trigger>
      <Radix.Portal container={document.getElementById('content')}>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="animate-fade shadow-pop bg-raised text-ink z-60 max-w-72 rounded-md px-2 py-1 text-xs text-pretty"
        >
          {label}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

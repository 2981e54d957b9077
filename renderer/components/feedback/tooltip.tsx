import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'

export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={150}>
      {children}
    </Radix.Provider>
  )
}

/** A hint that repeats or extends a visible name; never the only place of a fact. */
export function Tooltip({ label, children }: { label: ReactNode; children: ReactElement }) {
  return (
    <Radix.Root>
      <Radix.Trigger
        asChild
        onFocus={(event) => {
          // Focus that a closing dialog or menu returns does not open the tooltip.
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

import { ChevronRight } from 'lucide-react'
import { Collapsible } from 'radix-ui'
import { useState, type ReactNode } from 'react'

type DisclosureProps = { label: string; hint?: ReactNode; openAtFirst?: boolean; children: ReactNode }

/** More, for who wants it; open or not as `openAtFirst` says until the person decides. What is inside stays mounted, so that nothing typed is lost when it closes. */
export function Disclosure({ label, hint, openAtFirst = false, children }: DisclosureProps) {
  const [chosen, setOpen] = useState<boolean | null>(null)
  const open = chosen ?? openAtFirst
  return (
    <Collapsible.Root open={open} onOpenChange={setOpen}>
      <Collapsible.Trigger className="group text-ink flex w-full items-center gap-1.5 rounded-md py-1 text-left text-sm font-medium">
        <ChevronRight
          aria-hidden="true"
          className="text-muted size-4 shrink-0 transition-transform duration-150 group-data-[state=open]:rotate-90"
        />
        {label}
        {hint !== undefined && <span className="text-faint ml-1 text-xs font-normal">{hint}</span>}
      </Collapsible.Trigger>
      <Collapsible.Content forceMount hidden={!open} className="data-[state=open]:animate-fade pt-3">
        {children}
      </Collapsible.Content>
    </Collapsible.Root>
  )
}

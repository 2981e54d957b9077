import { DropdownMenu as Radix } from 'radix-ui'
import { type ReactElement, type ReactNode, useRef } from 'react'
import { classes } from '../../lib/format.ts'

export type ActionItem = {
  kind: 'item'
  label: string
  icon?: ReactNode
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
}
export type MenuItem = ActionItem | { kind: 'divider'; key: string } | { kind: 'heading'; label: string }

/** A button's list of further actions. */
export function Menu({
  trigger,
  items,
  align = 'end',
}: {
  trigger: ReactElement
  items: readonly MenuItem[]
  align?: 'start' | 'end'
}) {
  const chosen = useRef<(() => void) | null>(null)
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      {/* Inside the page's own landmark, for screen readers. */}
      <Radix.Portal container={document.getElementById('content')}>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={() => {
            // The action runs after the trigger has the focus again, so that a dialog can return it there.
            const act = chosen.current
            chosen.current = null
            if (act !== null) setTimeout(act)
          }}
          className="animate-pop shadow-pop bg-raised z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 origin-(--radix-dropdown-menu-content-transform-origin) overflow-y-auto rounded-lg p-1"
        >
          {items.map((item) => (
            <MenuRow
              key={item.kind === 'divider' ? item.key : item.label}
              item={item}
              onChoose={(act) => {
                chosen.current = act
              }}
            />
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function MenuRow({ item, onChoose }: { item: MenuItem; onChoose: (act: () => void) => void }) {
  if (item.kind === 'divider') return <Radix.Separator className="bg-line my-1 h-px" />
  if (item.kind === 'heading') {
    return (
      <Radix.Label className="text-faint px-2 pt-1.5 pb-1 text-2xs font-medium">{item.label}</Radix.Label>
    )
  }
  return (
    <Radix.Item
      disabled={item.disabled ?? false}
      onSelect={() => onChoose(item.onSelect)}
      className={classes(
        'flex h-7.5 items-center gap-2.5 rounded-sm px-2 text-sm outline-none select-none max-sm:h-10 data-disabled:opacity-45',
        item.danger === true
          ? 'text-bad data-highlighted:bg-bad-soft'
          : 'text-ink data-highlighted:bg-hover [&>svg]:text-muted',
        '[&>svg]:size-4 [&>svg]:shrink-0',
      )}
    >
      {item.icon}
      {item.label}
    </Radix.Item>
  )
}

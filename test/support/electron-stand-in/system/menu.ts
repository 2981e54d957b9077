import { EventEmitter } from 'node:events'
import type { BrowserWindow, Menu, MenuItem, MenuItemConstructorOptions } from 'electron'
import { createEvent } from '../electron-event.ts'
import { strict } from '../strict.ts'

export type MenuParts = {
  readonly Menu: typeof Menu
  readonly MenuItem: typeof MenuItem
  getApplicationMenu(): Menu | null
  setApplicationMenu(menu: Menu | null): void
}

export type MenuDeps = {
  readonly focusedWindow: () => BrowserWindow | null
  /** What the roles that Keyway could have in a menu do. */
  readonly roles: Readonly<Record<string, () => void>>
}

const isItem = (value: MenuItemConstructorOptions | MenuItem): value is MenuItem => 'commandId' in value

function createMenuItemClass(
  deps: MenuDeps,
  buildMenu: (template: MenuItemConstructorOptions[]) => Menu,
): typeof MenuItem {
  let lastCommand = 0

  class StandInMenuItem {
    commandId = ++lastCommand
    id: string
    label: string
    sublabel: string
    toolTip: string
    type: string
    role: MenuItemConstructorOptions['role']
    accelerator: string | null
    icon: unknown
    enabled: boolean
    visible: boolean
    checked: boolean
    submenu: Menu | undefined
    menu: Menu | undefined
    click: () => void

    constructor(options: MenuItemConstructorOptions) {
      const { submenu, role } = options
      this.id = options.id ?? ''
      this.label = options.label ?? role ?? ''
      this.sublabel = options.sublabel ?? ''
      this.toolTip = options.toolTip ?? ''
      this.type = options.type ?? (submenu === undefined ? 'normal' : 'submenu')
      this.role = role
      this.accelerator = options.accelerator ?? null
      this.icon = options.icon
      this.enabled = options.enabled !== false
      this.visible = options.visible !== false
      this.checked = options.checked === true
      this.submenu = Array.isArray(submenu) ? buildMenu(submenu) : submenu
      const item = strict('MenuItem', this) as unknown as MenuItem
      this.click = () => {
        // A person cannot click what is greyed out.
        if (!this.enabled) return
        if (this.type === 'checkbox') this.checked = !this.checked
        if (this.type === 'radio') this.checked = true
        const window = deps.focusedWindow() ?? undefined
        if (role !== undefined && deps.roles[role]) deps.roles[role]()
        else options.click?.(item, window, createEvent() as never)
      }
      return item as unknown as this
    }
  }
  return StandInMenuItem as unknown as typeof MenuItem
}

export function createMenu(deps: MenuDeps): MenuParts {
  let applicationMenu: Menu | null = null
  const Item = createMenuItemClass(deps, (template) => StandInMenu.buildFromTemplate(template))

  class StandInMenu extends EventEmitter {
    items: MenuItem[] = []

    static buildFromTemplate(template: ReadonlyArray<MenuItemConstructorOptions | MenuItem>): Menu {
      const menu: Menu = new StandInMenu()
      for (const entry of template) menu.append(isItem(entry) ? entry : new Item(entry))
      return menu
    }

    static getApplicationMenu(): Menu | null {
      return applicationMenu
    }

    static setApplicationMenu(menu: Menu | null): void {
      applicationMenu = menu
    }

    constructor() {
      super()
      return strict('Menu', this)
    }

    append(item: MenuItem): void {
      this.insert(this.items.length, item)
    }

    insert(position: number, item: MenuItem): void {
      item.menu = this
      this.items.splice(position, 0, item)
    }

    getMenuItemById(id: string): MenuItem | null {
      for (const item of this.items) {
        const found = item.id === id ? item : item.submenu?.getMenuItemById(id)
        if (found) return found
      }
      return null
    }

    popup(): void {
      this.emit('menu-will-show', createEvent())
    }

    closePopup(): void {
      this.emit('menu-will-close', createEvent())
    }
  }

  return {
    Menu: strict('Menu', StandInMenu) as unknown as typeof Menu,
    MenuItem: Item,
    getApplicationMenu: () => applicationMenu,
    setApplicationMenu: (menu) => {
      applicationMenu = menu
    },
  }
}

import { EventEmitter } from 'node:events'
import type { Menu, NativeImage, Tray } from 'electron'
import { strict } from '../strict.ts'

/** No icon appears anywhere; the recorder hands the menu and the events to the spec. */
export function createTrayClass(): typeof Tray {
  class StandInTray extends EventEmitter {
    image: NativeImage | string
    title = ''
    isGone = false

    constructor(image: NativeImage | string) {
      super()
      this.image = image
      return strict('Tray', this)
    }

    setContextMenu(_menu: Menu | null): void {
      this.assertAlive()
    }

    setToolTip(_toolTip: string): void {
      this.assertAlive()
    }

    setImage(image: NativeImage | string): void {
      this.assertAlive()
      this.image = image
    }

    setPressedImage(_image: NativeImage | string): void {
      this.assertAlive()
    }

    setTitle(title: string): void {
      this.assertAlive()
      this.title = title
    }

    getTitle(): string {
      return this.title
    }

    setIgnoreDoubleClickEvents(_ignore: boolean): void {
      this.assertAlive()
    }

    popUpContextMenu(_menu?: Menu): void {
      this.assertAlive()
    }

    closeContextMenu(): void {
      this.assertAlive()
    }

    getBounds(): { x: number; y: number; width: number; height: number } {
      return { x: 0, y: 0, width: 22, height: 22 }
    }

    destroy(): void {
      this.isGone = true
    }

    isDestroyed(): boolean {
      return this.isGone
    }

    assertAlive(): void {
      if (this.isGone) throw new TypeError('Tray is destroyed')
    }
  }
  return strict('Tray', StandInTray) as unknown as typeof Tray
}

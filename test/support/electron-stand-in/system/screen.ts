import { EventEmitter } from 'node:events'
import type { Display, Screen } from 'electron'
import { strict } from '../strict.ts'

const area = { x: 0, y: 0, width: 1920, height: 1080 }

/** One display of 1920 by 1080. */
export function createScreen(): Screen {
  const display = strict('Display', {
    id: 1,
    label: 'Stand-in',
    bounds: area,
    workArea: area,
    size: { width: area.width, height: area.height },
    workAreaSize: { width: area.width, height: area.height },
    scaleFactor: 1,
    rotation: 0,
    internal: true,
  } satisfies Partial<Display>) as Display
  const members = {
    getPrimaryDisplay: () => display,
    getAllDisplays: () => [display],
    getDisplayMatching: () => display,
    getDisplayNearestPoint: () => display,
    getCursorScreenPoint: () => ({ x: 0, y: 0 }),
  } satisfies Partial<Screen>
  return strict('screen', Object.assign(new EventEmitter(), members)) as unknown as Screen
}

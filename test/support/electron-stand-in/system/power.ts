import { EventEmitter } from 'node:events'
import type { PowerMonitor, PowerSaveBlocker } from 'electron'
import { strict } from '../strict.ts'

/** A spec makes its own weather: `powerMonitor.emit('suspend')`. */
export function createPowerMonitor(): PowerMonitor {
  const members = {
    getSystemIdleState: () => 'active',
    getSystemIdleTime: () => 0,
    getCurrentThermalState: () => 'unknown',
    isOnBatteryPower: () => false,
    onBatteryPower: false,
  } satisfies Partial<PowerMonitor>
  return strict('powerMonitor', Object.assign(new EventEmitter(), members))
}

export function createPowerSaveBlocker(): PowerSaveBlocker {
  const started = new Set<number>()
  let lastId = 0
  const members = {
    start: () => {
      started.add(++lastId)
      return lastId
    },
    stop: (id: number) => started.delete(id),
    isStarted: (id: number) => started.has(id),
  } satisfies PowerSaveBlocker
  return strict('powerSaveBlocker', members)
}

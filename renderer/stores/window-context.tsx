import { createContext, useContext, useEffect, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import type { Host } from '../host/host.ts'
import type { PresenceGate } from './presence-gate.ts'
import type { PresetsState, PresetsStore } from './presets-store.ts'
import type { WindowState, WindowStore } from './window-store.ts'

export type WindowContextValue = { host: Host; store: WindowStore; presets: PresetsStore; gate: PresenceGate }

const WindowContext = createContext<WindowContextValue | null>(null)
const SnapshotContext = createContext<Snapshot | null>(null)

export function WindowProvider({ value, children }: { value: WindowContextValue; children: ReactNode }) {
  return <WindowContext value={value}>{children}</WindowContext>
}

function useWindowContext(): WindowContextValue {
  const value = useContext(WindowContext)
  if (value === null) throw new Error('A screen was rendered outside WindowProvider.')
  return value
}

export function useHost(): Host {
  return useWindowContext().host
}

/** Whether a call waits for a proof of presence. */
export function usePresenceGate(): { asking: boolean; settle: PresenceGate['settle'] } {
  const { gate } = useWindowContext()
  return { ...useStore(gate), settle: gate.settle }
}

export function useWindow<Part>(select: (state: WindowState) => Part): Part {
  return useStore(useWindowContext().store, select)
}

export function useReload(): () => Promise<void> {
  return useWindowContext().store.reload
}

/** The preset catalog; requested when the first screen needs it. */
export function usePresets(): PresetsState & { reload(): Promise<void> } {
  const { presets } = useWindowContext()
  const state = useStore(presets)
  useEffect(() => {
    void presets.load()
  }, [presets])
  return { ...state, reload: presets.load }
}

/** Provides a loaded snapshot to everything inside. */
export function SnapshotProvider({ snapshot, children }: { snapshot: Snapshot; children: ReactNode }) {
  return <SnapshotContext value={snapshot}>{children}</SnapshotContext>
}

export function useSnapshot(): Snapshot {
  const snapshot = useContext(SnapshotContext)
  if (snapshot === null) throw new Error('A screen that needs the snapshot was rendered before it came.')
  return snapshot
}

import { EventEmitter } from 'node:events'
import type { NativeTheme } from 'electron'
import { strict } from '../strict.ts'

export type ThemeParts = {
  readonly nativeTheme: NativeTheme
  /** What pages are told; '' leaves it to Chromium. */
  colorScheme(): '' | 'light' | 'dark'
}

/** `systemTheme` is what a desktop set to dark or light would answer. */
export function createNativeTheme(systemTheme: string | undefined, onChange: () => void): ThemeParts {
  const emitter = new EventEmitter()
  const system = systemTheme === 'dark' ? 'dark' : systemTheme === 'light' ? 'light' : ''
  let source: NativeTheme['themeSource'] = 'system'
  const colorScheme = (): '' | 'light' | 'dark' => (source === 'system' ? system : source)
  const members = {
    get themeSource() {
      return source
    },
    set themeSource(newSource: NativeTheme['themeSource']) {
      if (!['system', 'light', 'dark'].includes(newSource))
        throw new TypeError(`themeSource cannot be ${newSource}`)
      if (newSource === source) return
      source = newSource
      onChange()
      emitter.emit('updated')
    },
    get shouldUseDarkColors() {
      return colorScheme() === 'dark'
    },
    shouldUseHighContrastColors: false,
    shouldUseInvertedColorScheme: false,
    inForcedColorsMode: false,
    prefersReducedTransparency: false,
    shouldDifferentiateWithoutColor: false,
  } satisfies Partial<NativeTheme>
  Object.defineProperties(emitter, Object.getOwnPropertyDescriptors(members))
  return { nativeTheme: strict('nativeTheme', emitter) as unknown as NativeTheme, colorScheme }
}

import { useEffect } from 'react'
import type { Settings } from '../../../shared/contract/settings.ts'

/** Every colour has a light and a dark value in the sheet; this says which the person chose. */
export function useTheme(theme: Settings['theme']): void {
  useEffect(() => {
    const { dataset } = document.documentElement
    if (theme === 'system') delete dataset['theme']
    else dataset['theme'] = theme
  }, [theme])
}

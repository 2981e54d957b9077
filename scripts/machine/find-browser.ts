// A Chromium for automation: the one on this machine, or Playwright's.
import { existsSync } from 'node:fs'
import { chromium } from '@playwright/test'
import { findChromium } from '../../test/support/chromium.ts'

/**
 * Its path, or why there is none and what to install. @throws Error when KEYWAY_CHROMIUM is not a program.
 */
export function findBrowser(): { kind: 'found'; path: string } | { kind: 'missing'; sentence: string } {
  try {
    return { kind: 'found', path: findChromium() }
  } catch (error) {
    if ((process.env['KEYWAY_CHROMIUM'] ?? '') !== '') throw error
    const path = chromium.executablePath()
    if (path !== '' && existsSync(path)) return { kind: 'found', path }
    return { kind: 'missing', sentence: error instanceof Error ? error.message : String(error) }
  }
}

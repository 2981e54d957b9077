import { defineConfig } from '@playwright/test'
import { findChromium, sandboxFlags } from './test/support/chromium.ts'
import { findDesktopDriver } from './test/support/desktop-driver.ts'

// Workers load this file as well; who reads the run wants to know once.
if (process.env['TEST_WORKER_INDEX'] === undefined)
  process.stdout.write(`${findDesktopDriver().describe()}\n`)

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  // The stand-in is a shell script with a Chromium behind it; Windows has the real Electron.
  testIgnore: process.platform === 'win32' ? 'stand-in-*.spec.ts' : [],
  // Each worker has one browser for all its specs. No test depends on another, so a long file is divided too.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  // A loaded machine derives keys and starts Chromium slowly; waiting longer costs nothing when all is well.
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    trace: 'off',
    video: 'off',
    // What moves is looked at in real-life.spec.ts and on the desktop.
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: { executablePath: findChromium(), args: [...sandboxFlags()] },
  },
})

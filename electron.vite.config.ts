import { resolve } from 'node:path'
import { defineConfig } from 'electron-vite'
import renderer from './renderer/vite.config.ts'

export default defineConfig({
  main: {
    build: {
      // Bundled whole: one file loads faster than some hundred, and the package needs no node_modules.
      externalizeDeps: false,
      rolldownOptions: {
        // A dependency of oidc-provider names its functions by eval; a person who starts Keyway can do
        // nothing about that.
        checks: { eval: false },
        input: {
          main: resolve(import.meta.dirname, 'electron/desktop/main.ts'),
          'reader-worker': resolve(import.meta.dirname, 'electron/core/transfer/reader-worker.ts'),
        },
        output: { entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed window's preload is CommonJS and can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: resolve(import.meta.dirname, 'electron/preload/preload.ts'),
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    ...renderer,
    build: {
      ...renderer.build,
      // Here the window runs in Electron's own Chromium only; `npm run build` makes the one bundle for both
      // hosts.
      target: 'es2024',
      rolldownOptions: { input: resolve(import.meta.dirname, 'renderer/index.html') },
    },
  },
})

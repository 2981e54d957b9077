// The host without Electron and the command line, for plain Node: bundled, the host gives its first HTTP answer in half the time.
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ['@napi-rs/keyring'] },
  build: {
    ssr: true,
    target: 'node24',
    outDir: resolve(import.meta.dirname, 'out/headless'),
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // A dependency of oidc-provider names its functions by eval; a person who starts Keyway can do nothing about that.
      checks: { eval: false },
      input: {
        main: resolve(import.meta.dirname, 'electron/headless/main.ts'),
        cli: resolve(import.meta.dirname, 'electron/cli/main.ts'),
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})

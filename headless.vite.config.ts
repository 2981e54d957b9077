// The host without Electron and the command line, for plain Node: bundled, the host gives its first HTTP
// answer in half the time.
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

// CommonJS, because naming `node:http` in an ES module makes Node load everything that module could export,
// WebSocket and its whole HTTP client included: as long as the rest of the start. The package around it says
// "module", so this folder says otherwise.
const commonjsFolder: Plugin = {
  name: 'commonjs-folder',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' })
  },
}

// What conf wants only for a schema or migrations, which Keyway never gives it (it checks with its own
// schemas), is a quarter of the code.
const UNUSED: ReadonlySet<string> = new Set(['ajv/dist/2020.js', 'ajv-formats', 'semver'])
const confAlone: Plugin = {
  name: 'conf-alone',
  enforce: 'pre',
  resolveId: (source, importer) =>
    UNUSED.has(source) && importer?.includes('/node_modules/conf/') === true ? '\0unused-by-conf' : null,
  load: (id) => (id === '\0unused-by-conf' ? 'export class Ajv2020 {}\nexport default {}\n' : null),
}

export default defineConfig({
  publicDir: false,
  plugins: [commonjsFolder, confAlone],
  ssr: { noExternal: true, external: ['@napi-rs/keyring'] },
  build: {
    ssr: true,
    target: 'node24',
    outDir: resolve(import.meta.dirname, 'out/headless'),
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // As in electron.vite.config.ts: eval in a dependency of oidc-provider, nothing that a person can
      // change.
      checks: { eval: false },
      input: {
        main: resolve(import.meta.dirname, 'electron/headless/main.ts'),
        cli: resolve(import.meta.dirname, 'electron/cli/main.ts'),
        'reader-worker': resolve(import.meta.dirname, 'electron/core/transfer/reader-worker.ts'),
      },
      output: {
        format: 'cjs',
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
      },
    },
  },
})

// The client library as others install it: one file of JavaScript for wherever there is a fetch, and its
// types beside it.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vite'

const output = resolve(import.meta.dirname, 'out/client')

export default defineConfig({
  publicDir: false,
  build: {
    lib: {
      entry: resolve(import.meta.dirname, 'shared/client/index.ts'),
      formats: ['es'],
      fileName: 'index',
    },
    target: 'es2022',
    outDir: output,
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
  },
  plugins: [{ name: 'types', closeBundle: writeTypes }],
})

function writeTypes(): void {
  const compiler = resolve(import.meta.dirname, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [
    compiler,
    '-p',
    resolve(import.meta.dirname, 'shared/client/tsconfig.types.json'),
  ])
  const types = join(output, 'types')
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    // Sources import each other as .ts, which a project that only has the declarations does not know.
    const path = join(types, name)
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replaceAll(/(from|import)( ?\(?)(['"])(\.[^'"]+)\.ts\3/g, '$1$2$3$4.js$3'),
    )
  }
}

// Makes `electron` resolve to the stand-in, for import and for require, in the app and in its packages.
import { registerHooks } from 'node:module'

const key = 'keyway.electron-stand-in'
const names = new Set(['electron', 'electron/main', 'electron/common', 'electron/renderer'])
const importUrl = new URL('electron-module.mjs', import.meta.url).href
const requireUrl = new URL('electron-module.cjs', import.meta.url).href

/** After this, nothing in the process can reach the real package, which would start a download. */
export function hookElectron(electron: Readonly<Record<string, unknown>>): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value: electron })
  const read = `globalThis[Symbol.for(${JSON.stringify(key)})]`
  const exports = Object.keys(electron).map((name) => `export const ${name} = electron.${name}`)
  const importSource = `const electron = ${read}\nexport default electron\n${exports.join('\n')}\n`
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'original-fs') return next('node:fs', context)
      if (!names.has(specifier)) return next(specifier, context)
      const isRequire = context.conditions.includes('require')
      return { url: isRequire ? requireUrl : importUrl, shortCircuit: true }
    },
    load: (url, context, next) => {
      if (url === importUrl) return { format: 'module', source: importSource, shortCircuit: true }
      if (url === requireUrl)
        return { format: 'commonjs', source: `module.exports = ${read}`, shortCircuit: true }
      return next(url, context)
    },
  })
}

// The parts that can be built, their inputs and their builds. `window` is one bundle for both hosts.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { resolveConfig } from 'electron-vite'
import { build, type InlineConfig } from 'vite'
import { oneAtATime } from './one-at-a-time.ts'
import { isStale, stamp } from './staleness.ts'

export const root = join(import.meta.dirname, '..', '..')

type Part = {
  name: 'window' | 'main' | 'preload' | 'headless' | 'client'
  entry: string
  output: string
  inputs: readonly string[]
  config: () => Promise<InlineConfig>
}

const common = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'shared']

export const parts: readonly Part[] = [
  {
    name: 'window',
    entry: 'renderer/index.html',
    output: 'out/renderer/index.html',
    inputs: [...common, 'renderer'],
    config: () =>
      Promise.resolve({
        configFile: join(root, 'renderer', 'vite.config.ts'),
        // Loaded from this machine, so smaller chunks would gain nothing from the browser's cache.
        build: { chunkSizeWarningLimit: 3000 },
      }),
  },
  {
    name: 'headless',
    entry: 'electron/headless/main.ts',
    output: 'out/headless/main.js',
    inputs: [...common, 'electron', 'headless.vite.config.ts'],
    config: () => Promise.resolve({ configFile: join(root, 'headless.vite.config.ts') }),
  },
  {
    name: 'client',
    entry: 'shared/client/index.ts',
    output: 'out/client/index.js',
    inputs: [...common, 'client.vite.config.ts'],
    config: () => Promise.resolve({ configFile: join(root, 'client.vite.config.ts') }),
  },
  {
    name: 'main',
    entry: 'electron/desktop/main.ts',
    output: 'out/main/main.js',
    inputs: [...common, 'electron', 'electron.vite.config.ts'],
    config: () => electronPart('main'),
  },
  {
    name: 'preload',
    entry: 'electron/preload/preload.ts',
    output: 'out/preload/preload.cjs',
    inputs: [...common, 'electron/preload', 'electron/desktop/channels.ts', 'electron.vite.config.ts'],
    config: () => electronPart('preload'),
  },
]

export type PartName = Part['name']

/**
 * Builds the named parts that are stale and returns which were. @throws Vite's error, with its own message.
 */
export function buildStale(
  names: readonly PartName[],
  options: { force: boolean; say: (line: string) => void },
): Promise<PartName[]> {
  mkdirSync(join(root, 'out'), { recursive: true })
  return oneAtATime(join(root, 'out', '.building'), () => buildSequentially(names, options))
}

async function buildSequentially(
  names: readonly PartName[],
  options: { force: boolean; say: (line: string) => void },
): Promise<PartName[]> {
  const built: PartName[] = []
  for (const part of parts.filter(({ name }) => names.includes(name))) {
    const files = {
      stampFile: join(root, 'out', '.stamps', part.name),
      output: join(root, part.output),
      inputs: part.inputs.map((path) => join(root, path)),
    }
    if (!options.force && !isStale(files)) continue
    const startedAt = Date.now()
    await build({ ...(await part.config()), logLevel: 'warn' })
    if (!existsSync(files.output)) throw new Error(`The build of ${part.name} left no ${part.output}.`)
    stamp(files.stampFile, startedAt)
    options.say(`built ${part.name} (${part.output}) in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
    built.push(part.name)
  }
  return built
}

async function electronPart(target: 'main' | 'preload'): Promise<InlineConfig> {
  // electron-vite reads it to decide on relative asset paths; its own `build` sets it too, but builds every
  // part.
  process.env['NODE_ENV_ELECTRON_VITE'] = 'production'
  const resolved = await resolveConfig(
    { root, configFile: join(root, 'electron.vite.config.ts') },
    'build',
    'production',
  )
  const config = resolved.config?.[target]
  if (config === undefined) throw new Error(`electron.vite.config.ts has no "${target}".`)
  return { ...config, configFile: false }
}

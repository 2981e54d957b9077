// Who may import whom (the plan is in DECISIONS.md). A file belongs to the first room whose folder holds it.
import { isBuiltin } from 'node:module'
import { type Import, importsOf, type SourceFile } from './source-tree.ts'

type Room = {
  folder: string
  /** Folders and files of this project that it may import. */
  from: readonly string[]
  /** Whether Node's own modules may be named; a room that a browser loads may not. */
  node: boolean
  /** Whether Electron may be named. */
  electron: boolean
}

const room = (
  folder: string,
  from: readonly string[],
  world: 'isomorphic' | 'node' | 'electron' = 'isomorphic',
): Room => ({
  folder,
  from: [folder, ...from],
  node: world !== 'isomorphic',
  electron: world === 'electron',
})

const contract = 'shared/contract/'
const core = 'electron/core/'
const http = 'electron/http/'
const practice = 'electron/practice-provider/'

export const rooms: readonly Room[] = [
  room(contract, []),
  room('shared/domain/', [contract]),
  room('shared/presets/', [contract]),
  room('shared/client/', [contract, 'shared/domain/exact-json.ts']),
  room(core, ['shared/'], 'node'),
  room(practice, ['shared/'], 'node'),
  room(http, ['shared/', core], 'node'),
  room('electron/preload/', [contract, 'electron/desktop/channels.ts'], 'electron'),
  room('electron/desktop/', ['shared/', core, http, practice], 'electron'),
  room('electron/headless/', ['shared/', core, http, practice, 'package.json'], 'node'),
  // The command line is a client of the local API. It knows where a data folder and its socket are, to find
  // the running service, and how a browser is opened.
  room(
    'electron/cli/',
    [
      'shared/',
      'electron/core/storage/data-folder.ts',
      'electron/core/running-service.ts',
      'electron/core/browsers/open-url.ts',
      'package.json',
      'out/headless/cli.js',
    ],
    'node',
  ),
  room('renderer/lib/', [contract]),
  room('renderer/components/', [contract, 'renderer/lib/']),
  room('renderer/host/', [contract, 'renderer/lib/']),
  room('renderer/stores/', [contract, 'renderer/host/', 'renderer/lib/']),
  room('renderer/features/', [
    contract,
    'shared/domain/',
    'renderer/stores/',
    'renderer/host/',
    'renderer/components/',
    'renderer/lib/',
  ]),
  room('renderer/vite.config.ts', [], 'node'),
  room('renderer/', ['shared/']),
]

const electronPackages = /^(electron|electron-store|electron-updater)(\/|$)/

/** One sentence for each import that goes the wrong way. */
export function wrongImports(file: SourceFile): string[] {
  const home = rooms.find(({ folder }) => file.path.startsWith(folder))
  if (home === undefined) return [`${file.path} is in no room`]
  return importsOf(file).flatMap((imported) => {
    const objection = objectionTo(imported, home)
    return objection === null ? [] : [`${file.path} imports ${imported.name}: ${objection}`]
  })
}

function objectionTo({ kind, name }: Import, home: Room): string | null {
  if (kind === 'file') {
    const allowed = home.from.some((from) => name.startsWith(from))
    return allowed ? null : `${home.folder} may only import ${home.from.join(', ')}`
  }
  if (name.startsWith('(computed')) return 'a computed import cannot be checked'
  if (electronPackages.test(name)) return home.electron ? null : `${home.folder} must run without Electron`
  if (isBuiltin(name)) return home.node ? null : `${home.folder} must run without Node`
  return null
}

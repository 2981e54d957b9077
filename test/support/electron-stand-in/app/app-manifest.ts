// Which file to run, and what app.getName(), getVersion() and getAppPath() say about it: Electron reads a
// folder's package.json; for a bare script it knows nothing and answers with itself.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'

export type AppManifest = { entryPath: string; appPath: string; name: string; version: string }

const packageSchema = z.object({
  main: z.string().default('index.js'),
  name: z.string().default('Electron'),
  productName: z.string().optional(),
  version: z.string().optional(),
})

export function readAppManifest(argument: string, electronVersion: string): AppManifest {
  const path = resolve(argument)
  if (!existsSync(path)) throw new Error(`Unable to find Electron app at ${path}`)
  if (!statSync(path).isDirectory()) {
    return { entryPath: path, appPath: dirname(path), name: 'Electron', version: electronVersion }
  }
  const found = packageSchema.parse(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')))
  return {
    entryPath: join(path, found.main),
    appPath: path,
    name: found.productName ?? found.name,
    version: found.version ?? electronVersion,
  }
}

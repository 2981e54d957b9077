import type { AppRecord } from '../../../shared/contract/app.ts'
import { clash, type Fit } from './fit-provider.ts'

export function fitApp(app: AppRecord, apps: readonly AppRecord[]): Fit {
  const hashes = new Set(app.keys.map(({ sha256 }) => sha256))
  const twin = apps.find(({ id, keys }) => id === app.id || keys.some(({ sha256 }) => hashes.has(sha256)))
  if (twin !== undefined) {
    const text = `"${twin.name}" is here already, with the same id or key.`
    return clash('here_already', twin.id, text, ['skip', 'keep_both'])
  }
  const sameName = apps.find(({ name }) => name.toLowerCase() === app.name.toLowerCase())
  if (sameName !== undefined) {
    return clash('name_taken', sameName.id, `Another app has the name "${sameName.name}" here.`, [
      'keep_both',
      'skip',
    ])
  }
  return { clash: null, choices: ['add', 'skip'] }
}

import type { BundleImported } from '../../../shared/contract/bundle.ts'
import type { SecretBox } from '../secret-box.ts'
import type { BundleContent } from './bundle-content.ts'
import type { Chooser } from './choices.ts'
import type { Here } from './here.ts'

/** What the parts of an import's plan share; `outcome` is filled as they go. */
export type Planning = {
  content: BundleContent
  chooser: Chooser
  here: Here
  box: SecretBox
  now: number
  outcome: BundleImported
}

/** The wanted id when nothing here and nothing before it in the bundle has it. */
export function freeId(wanted: string, taken: ReadonlySet<string>, make: () => string): string {
  return taken.has(wanted) ? make() : wanted
}

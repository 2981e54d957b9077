// The person's choices for an import, checked against what is possible. If any is wrong, all errors are
// reported together and nothing is imported.
import type { BundleChoice, BundleChoices } from '../../../shared/contract/transfer.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Fit } from './compatible.ts'
import type { BundleContent } from './content.ts'

type List = 'providers' | 'connections' | 'apps'

export type Chooser = {
  /**
   * The choice for an item. A missing or impossible choice is recorded and counts as `skip` until `check`.
   */
  choose(list: List, item: { id: string; name: string }, fit: Fit): BundleChoice
  /** @throws KeywayError invalid_request that names every missing or impossible choice */
  check(): void
}

export function createChooser(choices: BundleChoices, content: BundleContent): Chooser {
  const issues = unknownChoices(choices, content)
  return {
    choose(list, { id, name }, fit) {
      const chosen = choices[list][id]
      const field = `choices.${list}.${id}`
      if (chosen === undefined) {
        // A conflict is never decided here, unless there is only one possibility.
        if (fit.clash === null || fit.choices.length === 1) return fit.choices[0] ?? 'skip'
        issues.push({
          field,
          message: `"${name}": ${fit.clash.message} Choose ${fit.choices.map(inWords).join(' or ')}.`,
        })
        return 'skip'
      }
      if (fit.clash === null) return chosen === 'skip' ? 'skip' : 'add'
      if (fit.choices.includes(chosen)) return chosen
      issues.push({
        field,
        message: `"${name}": ${fit.clash.message} It can only be ${fit.choices.map(inWords).join(' or ')}.`,
      })
      return 'skip'
    },
    check() {
      const [first] = issues
      if (first === undefined) return
      throw new KeywayError('invalid_request', {
        message: first.message,
        nextStep: 'Choose for each thing that clashes; nothing was imported.',
        details: { step: 'choices', field: first.field, issues },
      })
    },
  }
}

const inWords = (choice: BundleChoice): string =>
  ({ add: 'add', keep_both: 'keep both', skip: 'skip' })[choice]

function unknownChoices(
  choices: BundleChoices,
  content: BundleContent,
): { field: string; message: string }[] {
  const appIds = new Set(content.apps.map(({ id }) => id))
  const keys = choices.keepKeys
    .filter((id) => !appIds.has(id))
    .map((id) => ({ field: 'choices.keepKeys', message: `No app with the id "${id}" is in the bundle.` }))
  const items = (['providers', 'connections', 'apps'] as const).flatMap((list) => {
    const ids = new Set(content[list].map(({ id }) => id))
    return Object.keys(choices[list])
      .filter((id) => !ids.has(id))
      .map((id) => ({ field: `choices.${list}.${id}`, message: 'Nothing with this id is in the bundle.' }))
  })
  return [...items, ...keys]
}

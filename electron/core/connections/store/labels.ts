// Account labels of connections: comparison and free names.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { cleanName, nameProblem } from '../../../../shared/contract/name.ts'

/**
 * @throws KeywayError invalid_request | name_taken if another account of the provider has this label in any
 * case.
 */
export function checkLabelFree(
  connections: readonly ConnectionRecord[],
  label: string,
  except: string | null = null,
): void {
  const problem = nameProblem(label)
  if (problem !== null) {
    const nextStep = 'Choose another account name.'
    throw new KeywayError('invalid_request', { message: problem, nextStep, details: { field: 'account' } })
  }
  if (connections.some(({ id, account }) => id !== except && sameLabel(account, label))) {
    throw new KeywayError('name_taken', { details: { field: 'account', account: label } })
  }
}

/** The wanted label, or the next free one: "work", "work (2)". */
export function freeLabel(connections: readonly ConnectionRecord[], wanted: string): string {
  const base = cleanName(wanted, 90) || 'account'
  const taken = (label: string): boolean => connections.some(({ account }) => sameLabel(account, label))
  for (let n = 1; ; n += 1) {
    const label = n === 1 ? base : `${base} (${n})`
    if (!taken(label)) return label
  }
}

/** Labels are compared case-insensitively. */
export const labelKey = (label: string): string => label.normalize('NFC').toLowerCase()

export const sameLabel = (one: string, other: string): boolean => labelKey(one) === labelKey(other)

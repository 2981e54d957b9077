// Validation messages for the person who typed the input. Zod's own ("Too small: expected number to be
// >=1024") address programmers.
import { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/** Undefined: the message of the schema, or of zod, is used. */
export function issueWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'This is required.' : typeWords(issue.expected)
    case 'too_small':
      return boundWords(issue.origin, Number(issue.minimum), 'least')
    case 'too_big':
      return boundWords(issue.origin, Number(issue.maximum), 'most')
    case 'invalid_format':
      return formatWords[issue.format] ?? 'This does not have the right form.'
    case 'not_multiple_of':
      return `A multiple of ${issue.divisor}.`
    case 'unrecognized_keys':
      return `Not known here: ${issue.keys.join(', ')}.`
    case 'invalid_value':
      return choiceWords(issue.values)
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? choiceWords(issue.options)
        : 'This has none of the forms that are allowed.'
    case 'invalid_key':
    case 'invalid_element':
      return 'One of the names or entries is not allowed.'
    default:
      return undefined
  }
}

function choiceWords(values: readonly unknown[]): string {
  const names = values.map(String).join(', ')
  return values.length === 1 ? `Only ${names} is allowed.` : `One of: ${names}.`
}

const types: Record<string, string> = {
  number: 'Enter a number.',
  int: 'Enter a whole number.',
  string: 'Enter text.',
  boolean: 'Only true or false is allowed.',
  array: 'A list is required.',
  object: 'An object with named fields is required.',
  record: 'An object with named fields is required.',
}
const typeWords = (expected: string): string => types[expected] ?? 'This kind of value is not allowed.'

const formatWords: Record<string, string> = {
  url: 'Enter a full address, such as https://example.com.',
  email: 'Enter an e-mail address.',
}

function boundWords(origin: string, bound: number, side: 'least' | 'most'): string {
  if (origin === 'string' && side === 'least' && bound === 1) return 'This is required.'
  const unit = { string: 'character', array: 'entry', set: 'entry', map: 'entry' }[origin]
  if (unit === undefined) return side === 'least' ? `${bound} or more.` : `${bound} or less.`
  const plural = bound === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`
  return side === 'least' ? `At least ${bound} ${plural}.` : `At most ${bound} ${plural}.`
}

// Set for every schema, so that window, API and command line give the same message for the same input.
z.config({ customError: issueWords })

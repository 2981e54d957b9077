// docs/errors.md, generated from the table of failures.
import { type ErrorCode, errorTable, type NextSteps } from '../../shared/contract/errors.ts'

/** Statuses in the order in which readers look them up. */
export function errorDocument(): string {
  const codes = (Object.keys(errorTable) as ErrorCode[]).toSorted(
    (a, b) => errorTable[a].status - errorTable[b].status || a.localeCompare(b),
  )
  return [
    '# Failures',
    '',
    'Every failure of Keyway has one of these codes. It means the same in the local API, the command line, the client library and the window.',
    '',
    'Over HTTP a failure is JSON with `code` (and the same as `error`), `message`, `nextStep`, `retryable`, and facts of its own such as `connectUrl`, `retryAt` or `field`. No failure ever holds a secret or a stack. `Retry-After` comes with every answer that has a time to wait for.',
    '',
    'What to do is said to its reader: to the caller in an HTTP answer, to the person in the window, and at the terminal by `keyway`; an empty cell means the same words as for the API.',
    '',
    '| code | HTTP | exit | again? | what happened | what to do (API) | in the window | at the terminal |',
    '|---|---|---|---|---|---|---|---|',
    ...codes.map(rowOf),
    '',
    'Exit codes: 0 done, 1 Keyway itself failed, 2 the request is wrong, 3 not allowed, 4 not found, 10 a person must sign in, 11 the vault is closed, 12 the provider or its setup, 13 try again later, 14 disk, data folder or port.',
    '',
    'Made by `npm run docs` from `shared/contract/errors.ts`; a test holds both together.',
    '',
  ].join('\n')
}

function rowOf(code: ErrorCode): string {
  const { status, exit, retryable, sentence, nextStep } = errorTable[code]
  const cells = [`\`${code}\``, status, exit, retryable ? 'yes' : 'no', cell(sentence), ...steps(nextStep)]
  return `| ${cells.join(' | ')} |`
}

const steps = ({ api, window, terminal }: NextSteps): string[] => [
  cell(api),
  window === api ? '' : cell(window),
  terminal === api ? '' : cell(terminal),
]

/** Placeholders such as <key> would be read as HTML, and a bar as the end of a cell. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

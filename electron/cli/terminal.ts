import type { Readable, Writable } from 'node:stream'

/** What the command line speaks through. `isTTY`: a person sits there. */
export type Terminal = {
  environment: Readonly<Record<string, string | undefined>>
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean }
}

export function say(stream: Writable, ...lines: string[]): void {
  stream.write(`${lines.map(printable).join('\n')}\n`)
}

/** What others named (accounts, providers) must not steer the terminal it is printed on. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '\u{FFFD}')
}

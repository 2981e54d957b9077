// The text of a freedesktop.org desktop entry that starts this Keyway (Desktop Entry Specification 1.5).

export type DesktopEntry = {
  /** The program and its arguments, as they are. */
  command: readonly string[]
  /** Put behind them unquoted: `%u` stands for the address that is opened. */
  fieldCode?: '%u'
  /** Further lines, in their order. */
  lines: readonly string[]
}

export function desktopEntry({ command, fieldCode, lines }: DesktopEntry): string {
  const words = [...command.map(execWord), ...(fieldCode === undefined ? [] : [fieldCode])]
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Keyway',
    `Exec=${stringValue(words.join(' '))}`,
    'Terminal=false',
    ...lines,
    '',
  ].join('\n')
}

/** One argument of Exec: quoted where it holds a reserved character; a per cent sign would begin a field code. */
function execWord(text: string): string {
  const word = text.replaceAll('%', '%%')
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`
}

/** Every value passes this second escaping, after that of Exec. */
const stringValue = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)

// Finds the forms of a page the way a person does: fields by their label, buttons by their words. For small, well-formed
// pages such as sign-in pages; not a browser.
export type FormField = {
  name: string
  type: string
  value: string
  checked: boolean
  /** The words of the label that names its id, or ''. */
  label: string
}

export type FormButton = { name: string | null; value: string; words: string }

export type HtmlForm = {
  /** Absolute. */
  action: URL
  method: 'GET' | 'POST'
  fields: FormField[]
  buttons: FormButton[]
}

export function findForms(html: string, page: URL): HtmlForm[] {
  const pieces = piecesOf(html)
  const labels = new Map(
    within(pieces, 'label').flatMap(({ head, inner }) => {
      const field = head.get('for')
      return field === undefined ? [] : [[field, wordsIn(inner)] as const]
    }),
  )
  return within(pieces, 'form').map(({ head, inner }) => ({
    action: new URL(head.get('action') ?? page.href, page),
    method: head.get('method')?.toLowerCase() === 'post' ? 'POST' : 'GET',
    fields: fieldsOf(inner, labels),
    buttons: buttonsOf(inner),
  }))
}

/** The words of a page, for messages. */
export function pageWords(html: string): string {
  const pieces = piecesOf(html)
  return wordsIn(within(pieces, 'main')[0]?.inner ?? pieces)
}

/** A tag and the text up to the next one. */
type Piece = { name: string; head: string; text: string }
type Element = { head: Map<string, string>; inner: Piece[] }

/** Every tag of the page but those of scripts and styles, in one pass. */
function piecesOf(html: string): Piece[] {
  const first = html.split('<', 1)[0] ?? ''
  const pieces: Piece[] = [{ name: '', head: '', text: first }]
  let hidden: string | null = null
  for (const [, tag = '', text = ''] of html.matchAll(/<([^<>]*)>([^<]*)/g)) {
    const name = (/^\/?[a-z][a-z0-9-]*/i.exec(tag)?.[0] ?? '').toLowerCase()
    if (hidden === null && (name === 'script' || name === 'style')) hidden = `/${name}`
    else if (hidden === null || hidden === name) {
      hidden = null
      pieces.push({ name, head: tag.slice(name.length), text })
    }
  }
  return pieces
}

/** The elements of a name, one after the other: none of these is ever inside of another of its kind. */
function within(pieces: readonly Piece[], name: string): Element[] {
  const found: Element[] = []
  let open: Element | null = null
  for (const piece of pieces) {
    if (open !== null && piece.name === `/${name}`) {
      found.push(open)
      open = null
    } else if (open !== null) open.inner.push(piece)
    else if (piece.name === name)
      open = { head: attributesOf(piece.head), inner: [{ ...piece, name: '', head: '' }] }
  }
  return found
}

const wordsIn = (pieces: readonly Piece[]): string =>
  decode(pieces.map(({ text }) => text).join(' '))
    .replaceAll(/\s+/g, ' ')
    .trim()

const fieldsOf = (pieces: readonly Piece[], labels: ReadonlyMap<string, string>): FormField[] =>
  pieces
    .filter(({ name }) => name === 'input')
    .map(({ head }) => attributesOf(head))
    .filter((attributes) => attributes.has('name') && !attributes.has('disabled'))
    .map((attributes) => ({
      name: attributes.get('name') ?? '',
      type: attributes.get('type')?.toLowerCase() ?? 'text',
      value: attributes.get('value') ?? '',
      checked: attributes.has('checked'),
      label: labels.get(attributes.get('id') ?? '') ?? '',
    }))

const buttonsOf = (pieces: readonly Piece[]): FormButton[] =>
  within(pieces, 'button')
    .filter(({ head }) => (head.get('type') ?? 'submit') === 'submit')
    .map(({ head, inner }) => ({
      name: head.get('name') ?? null,
      value: head.get('value') ?? '',
      words: wordsIn(inner),
    }))

function attributesOf(head: string): Map<string, string> {
  const found = head.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)
  return new Map(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  )
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

const decode = (text: string): string =>
  text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal))
    if (typeof hex === 'string') return String.fromCodePoint(Number.parseInt(hex, 16))
    return named[String(name)] ?? whole
  })

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
  const labels = labelsByField(html)
  return [...withoutScripts(html).matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(
    ([, head = '', inner = '']) => {
      const attributes = attributesOf(head)
      return {
        action: new URL(attributes.get('action') ?? page.href, page),
        method: attributes.get('method')?.toLowerCase() === 'post' ? 'POST' : 'GET',
        fields: fieldsOf(inner, labels),
        buttons: buttonsOf(inner),
      }
    },
  )
}

/** The words of a page, for messages. */
export function pageWords(html: string): string {
  const body = /<main\b[^>]*>([\s\S]*?)<\/main>/i.exec(html)?.[1] ?? html
  return words(withoutScripts(body))
}

const withoutScripts = (html: string): string => html.replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/gi, '')

const fieldsOf = (html: string, labels: ReadonlyMap<string, string>): FormField[] =>
  [...html.matchAll(/<input\b([^>]*)>/gi)]
    .map(([, head = '']) => attributesOf(head))
    .filter((attributes) => attributes.has('name') && !attributes.has('disabled'))
    .map((attributes) => ({
      name: attributes.get('name') ?? '',
      type: attributes.get('type')?.toLowerCase() ?? 'text',
      value: attributes.get('value') ?? '',
      checked: attributes.has('checked'),
      label: labels.get(attributes.get('id') ?? '') ?? '',
    }))

const buttonsOf = (html: string): FormButton[] =>
  [...html.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/gi)]
    .map(([, head = '', inner = '']) => ({ attributes: attributesOf(head), inner }))
    .filter(({ attributes }) => (attributes.get('type') ?? 'submit') === 'submit')
    .map(({ attributes, inner }) => ({
      name: attributes.get('name') ?? null,
      value: attributes.get('value') ?? '',
      words: words(inner),
    }))

const labelsByField = (html: string): Map<string, string> =>
  new Map(
    [...html.matchAll(/<label\b([^>]*)>([\s\S]*?)<\/label>/gi)].flatMap(([, head = '', inner = '']) => {
      const field = attributesOf(head).get('for')
      return field === undefined ? [] : [[field, words(inner)] as const]
    }),
  )

function attributesOf(head: string): Map<string, string> {
  const found = head.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)
  return new Map(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  )
}

const words = (html: string): string =>
  decode(html.replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()

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

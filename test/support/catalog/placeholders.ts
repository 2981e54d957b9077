// Filling and reading by the catalogue's own notation. Written anew on purpose: the product's own reading is
// what gets tested with it.
import type { Json, Texts } from './record.ts'

export function fill(template: string, values: Texts): string {
  return template.replace(/\{([^{}\s]+)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** Templates filled; what stays empty is dropped. */
export function fillAll(templates: Texts, values: Texts): Record<string, string> {
  const filled = Object.entries(templates).map(([name, text]) => [name, fill(text, values)] as const)
  return Object.fromEntries(filled.filter(([, text]) => text !== ''))
}

export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{([A-Za-z][^{}\s]*)\}/g)].map((match) => match[1] ?? '')
}

type Container = Record<string, unknown>

/** Puts a value at a dotted path with [n], making what is missing on the way. `$` is the whole. */
export function put(target: Container, path: string, value: unknown): void {
  const steps = path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '')
  const last = steps.pop() ?? ''
  let current = target
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1] ?? last
    current[step] ??= /^\d+$/.test(next) ? [] : {}
    current = current[step] as Container
  }
  current[last] = value
}

export function fillJson(body: Json, values: Texts): Json {
  if (typeof body === 'string') return fill(body, values)
  if (body === null || typeof body !== 'object') return body
  if (Array.isArray(body)) return body.map((item: Json) => fillJson(item, values))
  return Object.fromEntries(
    Object.entries(body as Record<string, Json>).map(([name, value]) => [name, fillJson(value, values)]),
  )
}

// Filling of {placeholders}. A value that is missing or empty takes its whole entry with it; what a URL may become is decided in template-url.ts.
import type { TemplateParameter } from '../contract/provider-spec.ts'

/** Placeholder name → value, e.g. `tenant`, `token.instance_url`, `client_id`. */
export type TemplateValues = Readonly<Record<string, string>>

const placeholder = /\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g

/** The names that a text wants filled, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map((match) => match[1] ?? ''))]
}

/** The text with everything filled, or null when a value is missing or empty. */
export function fillTemplate(text: string, values: TemplateValues): string | null {
  let complete = true
  const filled = text.replace(placeholder, (_whole, name: string) => {
    const value = valueOf(values, name)
    if (value === '') complete = false
    return value
  })
  return complete ? filled : null
}

/** For bodies in a language with braces of its own (GraphQL): fills what has a value, leaves the rest as it stands. */
export function fillKnown(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (whole, name: string) => valueOf(values, name) || whole)
}

/** A map of templates, without the entries that stay incomplete or come out empty. */
export function fillMap(
  map: Readonly<Record<string, string>>,
  values: TemplateValues,
): Record<string, string> {
  const filled: Record<string, string> = {}
  for (const [name, template] of Object.entries(map)) {
    const text = fillTemplate(template, values)
    if (text !== null && text !== '') filled[name] = text
  }
  return filled
}

export type ParameterProblem = { name: string; message: string }

/** Template parameters with their defaults, each checked against its pattern. */
export function resolveParameters(
  parameters: readonly TemplateParameter[],
  given: TemplateValues,
): { values: Record<string, string>; problems: ParameterProblem[] } {
  const values: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  for (const parameter of parameters) {
    const typed = valueOf(given, parameter.name).trim()
    const value = typed === '' ? (parameter.default ?? '') : typed
    const message = problemOf(parameter, value)
    if (message === null) values[parameter.name] = value
    else problems.push({ name: parameter.name, message })
  }
  return { values, problems }
}

function problemOf(parameter: TemplateParameter, value: string): string | null {
  if (value === '') return parameter.required ? `${parameter.label} is needed.` : null
  if (parameter.pattern === null || matchesWhole(parameter.pattern, value)) return null
  return `${parameter.label} does not look right${parameter.example === null ? '.' : `; an example is ${parameter.example}.`}`
}

/** Whether the whole of `value` matches; a pattern that is no regular expression matches nothing. */
export function matchesWhole(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value)
  } catch {
    return false
  }
}

function valueOf(values: TemplateValues, name: string): string {
  return Object.hasOwn(values, name) ? (values[name] ?? '') : ''
}

// Looks for secrets in text, whole or in any of the forms in which one gets out by accident.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Secrets = Readonly<Record<string, string>>
export type Found = { secret: string; form: string; where: string }

const SHORTEST = 8

/**
 * Every form of a secret: as it is, quoted, escaped for a URL, hex, and base64 wherever it stands within
 * something larger.
 */
export function formsOf(secret: string): Map<string, string> {
  const bytes = Buffer.from(secret, 'utf8')
  const forms = new Map<string, string>([
    ['plain', secret],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['URL', encodeURIComponent(secret)],
    ['form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['hex', bytes.toString('hex')],
    ['UTF-16', bytes.toString('utf8').split('').join('\u0000')],
    ['reversed', secret.split('').toReversed().join('')],
  ])
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // The characters at both ends depend on what stands beside the secret.
    const whole = shifted.slice(shift === 0 ? 0 : shift + 1, Math.floor(((bytes.length + shift) * 8) / 6))
    forms.set(`base64 (${shift})`, whole)
    forms.set(`base64url (${shift})`, whole.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms
}

export function searchText(text: string, secrets: Secrets, where: string): Found[] {
  const lower = text.toLowerCase()
  return Object.entries(secrets).flatMap(([name, secret]) => {
    if (secret.length < SHORTEST) throw new Error(`The secret "${name}" is too short to be looked for.`)
    return [...formsOf(secret)]
      .filter(([form, value]) => (form === 'hex' ? lower.includes(value) : text.includes(value)))
      .map(([form]) => ({ secret: name, form, where }))
  })
}

/** Every file below a folder, its name included. */
export function searchFolder(folder: string, secrets: Secrets): Found[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    // Latin-1 keeps every byte, so that what is in a binary file is found too.
    const content = entry.isFile() ? readFileSync(path).toString('latin1') : ''
    return searchText(`${entry.name}\n${content}`, secrets, path)
  })
}

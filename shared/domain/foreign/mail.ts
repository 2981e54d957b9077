// email-oauth2-proxy's emailproxy.config: an INI file with one section per account, named after the mail
// address.
import { parseScopes } from '../../contract/scope-list.ts'
import type { ForeignClient } from './provider.ts'

type Section = { name: string; values: Map<string, string> }

/** Null when no section describes an OAuth account. */
export function emailProxyClients(content: string): ForeignClient[] | null {
  const sections = iniSections(content)
  const accounts = sections.filter(({ values }) => values.has('token_url'))
  // Sections with a dash in their name are the proxy's own servers, such as [IMAP-1993].
  const others = sections.filter((each) => each.name.includes('@') && !accounts.includes(each))
  const left =
    others.length === 0
      ? []
      : [`Accounts without a token address were left out: ${names(others).slice(0, 300)}.`]
  return accounts.length === 0 ? null : accounts.map((account) => clientOf(account, left))
}

// As Python's configparser reads it: `=` or `:` between name and value, indented lines continue a value, `#`
// and `;` start comments.
export function iniSections(content: string): Section[] {
  const sections: Section[] = []
  let last: string | null = null
  for (const line of content.split(/\r?\n/)) {
    const section = sections.at(-1)
    const heading = /^\[(.+)\]\s*$/.exec(line)?.[1]
    if (heading !== undefined) {
      sections.push({ name: heading, values: new Map() })
      last = null
    } else if (/^\s*(?:[#;]|$)/.test(line) || section === undefined) {
      continue
    } else if (/^\s/.test(line)) {
      if (last !== null) section.values.set(last, `${section.values.get(last) ?? ''} ${line.trim()}`.trim())
    } else {
      const [, name, value = ''] = /^([^=:]+)[=:](.*)$/.exec(line) ?? []
      if (name === undefined) continue
      last = name.trim().toLowerCase()
      section.values.set(last, value.trim())
    }
  }
  return sections
}

const FLOWS: Readonly<Record<string, ForeignClient['flow'] | null>> = {
  authorization_code: 'authorization_code',
  device: 'device_code',
  client_credentials: 'client_credentials',
  password: null,
  service_account: null,
}

const names = (sections: readonly Section[]): string => sections.map(({ name }) => name).join(', ')

function clientOf({ name, values }: Section, left: readonly string[]): ForeignClient {
  const flow = values.get('oauth2_flow') ?? 'authorization_code'
  const resource = values.get('oauth2_resource')
  const usesPkce = ['true', 'yes', 'on', '1'].includes((values.get('use_pkce') ?? '').toLowerCase())
  return {
    name,
    // In the device flow, permission_url is where the code comes from.
    ...(flow === 'device'
      ? { deviceUrl: values.get('permission_url') }
      : { authorizationUrl: values.get('permission_url') }),
    tokenUrl: values.get('token_url'),
    clientId: values.get('client_id'),
    clientSecret: values.get('client_secret'),
    scopes: parseScopes(values.get('oauth2_scope')) ?? [],
    // The proxy sends id and secret in the body.
    auth: values.has('client_secret') ? 'client_secret_post' : undefined,
    pkce: usesPkce ? 'S256' : undefined,
    flow: FLOWS[flow] ?? undefined,
    tokenParams: resource === undefined ? {} : { resource },
    notes: [`Account ${name}: sign in as it when you connect.`, ...notesOf(values, flow), ...left],
  }
}

function notesOf(values: ReadonlyMap<string, string>, flow: string): string[] {
  return [
    ...(FLOWS[flow] === null || FLOWS[flow] === undefined
      ? [`The flow "${flow}" does not exist in Keyway; sign in through the browser instead.`]
      : []),
    ...(values.has('client_secret_encrypted')
      ? ['The client secret is encrypted with the mail password, so it was left out.']
      : []),
    ...(values.has('refresh_token') || values.has('access_token')
      ? ['Its tokens are encrypted with the mail password, so they were left out: sign in once more.']
      : []),
    ...(values.has('jwt_certificate_path') || values.has('jwt_key_path')
      ? ['It proves itself with a certificate, which Keyway cannot do; make a client secret for it.']
      : []),
    ...(values.has('redirect_uri')
      ? [`It came home to ${values.get('redirect_uri')}; register the address that Keyway shows as well.`]
      : []),
  ]
}

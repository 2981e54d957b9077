import { readdirSync, readFileSync } from 'node:fs'
import * as simpleIcons from 'simple-icons'
import { describe, expect, it } from 'vitest'
import { fullSpecOf, preset as presetSchema, type Preset } from '../../../shared/contract/preset.ts'
import { providerSpec, type TemplateParameter } from '../../../shared/contract/provider-spec.ts'
import { planRedirect } from '../../../shared/domain/redirect-uri.ts'
import { matchPattern } from '../../../electron/core/providers/data-patterns.ts'
import { resolveParameters } from '../../../shared/domain/template.ts'
import { probeOf, probeSpecOf } from '../../../electron/core/connections/probe.ts'
import { proxyPolicy } from '../../../electron/core/connections/proxy-policy.ts'
import { presets } from '../../../shared/presets/presets.ts'
import { placeholders } from '../../support/catalog/placeholders.ts'

const folder = new URL('../../../shared/presets/data/', import.meta.url)
const files = readdirSync(folder).sort()
const slugs = presets.map(({ slug }) => slug)
const icons = new Set(Object.values(simpleIcons).map((icon) => icon.slug))
const named = presets.map((preset) => [preset.slug, preset] as const)

describe('the catalogue as a whole', () => {
  it('has one file a preset, each under its own slug', () => {
    expect(files).toEqual([...slugs].sort().map((slug) => `${slug}.json`))
    expect(new Set(slugs).size).toBe(83)
  })

  it('has the three well-known ones, and no slug twice', () => {
    expect(slugs).toEqual(expect.arrayContaining(['gmail', 'google_calendar', 'google_drive']))
    expect(new Set(slugs).size).toBe(slugs.length)
  })

  it('lets the members of a family share one client: same addresses, same way of speaking', () => {
    const families = Map.groupBy(
      presets.filter(({ family }) => family !== null),
      ({ family }) => family,
    )
    expect([...families].map(([name, members]) => [name, members.length])).toEqual([
      ['google', 5],
      ['microsoft', 3],
      ['atlassian', 3],
    ])
    for (const members of families.values()) {
      for (const member of members) expect(sharedBy(member)).toEqual(sharedBy(members[0] as Preset))
    }
  })
})

describe.each(named)('%s', (slug, preset) => {
  const spec = fullSpecOf(preset)

  it('is read by the schema as it stands in its file', () => {
    const text: unknown = JSON.parse(readFileSync(new URL(`${slug}.json`, folder), 'utf8'))
    expect(presetSchema.parse(text)).toEqual(text)
    expect(providerSpec.parse(preset.spec)).toMatchObject(preset.spec)
    expect(providerSpec.parse(spec)).toEqual(spec)
  })

  it('names only placeholders that somebody fills', () => {
    const unknown = textsOf({ ...preset, notes: [], consoleHint: null }).flatMap(({ path, text }) =>
      placeholders(text)
        .filter((name) => !isFilled(name, path, preset))
        .map((name) => `${path}: {${name}}`),
    )
    expect(unknown).toEqual([])
  })

  it('has https addresses only', () => {
    const filled = addressesOf(preset).map((address) => fillSomehow(address, preset))
    expect(filled.filter((address) => new URL(address).protocol !== 'https:')).toEqual([])
    expect(
      filled.filter(
        (address) =>
          new URL(address).hash !== '' &&
          !address.includes('entra.microsoft.com') &&
          !address.includes('patreon.com'),
      ),
    ).toEqual([])
  })

  it('has parameters whose defaults and suggestions fit their patterns, and refuses a host within a host', () => {
    expect(spec.templateParameters.flatMap((parameter) => parameterProblems(preset, parameter))).toEqual([])
  })

  it('believes a host that a reply names only within its own pattern', () => {
    const dynamic = /^(?:https:\/\/)?[^/]*\{(?:token|identity|callback|resource)\./
    const moves = [spec.api.baseUrl, spec.account.request?.url].some((url) => dynamic.test(url ?? ''))
    const { dynamicHostPattern } = spec.api
    expect(dynamicHostPattern !== null).toBe(moves)
    expect(dynamicHostPattern ?? '^$').toMatch(/^\^.*\$$/)
    expect(new RegExp(dynamicHostPattern ?? '^$').test('evil.example')).toBe(false)
  })

  it('marks as unsure only what there is', () => {
    const whole: unknown = { ...preset, ...spec }
    const missing = preset.unsure.filter((path) => !hasPath(whole, path))
    expect(missing).toEqual([])
    expect(new Set(preset.unsure).size).toBe(preset.unsure.length)
  })

  it('tells the person what to do in whole sentences, and what each default scope means', () => {
    expect(preset.notes.length).toBeGreaterThan(0)
    for (const note of [...preset.notes, spec.refresh.note, spec.redirect.note].filter(
      (one) => one !== null,
    )) {
      expect(note).toMatch(/^["A-Z0-9hu].*(?:[.!?]|&scope=atproto)$/)
      expect(note).not.toMatch(/\{[a-z]+\}(?!")/)
    }
    const unexplained = preset.defaultScopes.filter((scope) => (spec.scopes.meanings[scope] ?? '') === '')
    expect(unexplained).toEqual([])
  })

  it('has an icon that exists, or none', () => {
    expect(preset.icon === null || icons.has(preset.icon)).toBe(true)
  })

  it('keeps a grant alive that lapses unused, well before it does', () => {
    const { keepAliveSeconds, minAgeSeconds } = spec.refresh
    const end = lapsesAfterSeconds(preset)
    // Here a renewal does not move the end.
    const fixed = slug === 'linkedin' || slug === 'adobe'
    expect(keepAliveSeconds !== null || end === null || fixed).toBe(true)
    expect(keepAliveSeconds ?? Infinity).toBeGreaterThan(minAgeSeconds)
    expect((keepAliveSeconds ?? 0) * 2).toBeLessThan(end ?? Infinity)
  })
})

describe('the first request', () => {
  // They describe no server of their own: whose API it is, only the person knows.
  const generic = new Set(['oidc', 'oauth2'])

  it.each(named.filter(([slug]) => !generic.has(slug)))(
    'of %s is known, and goes to a host that its connections may use',
    (_slug, preset) => {
      const spec = fullSpecOf(preset)
      const wanted = probeSpecOf(spec)
      expect(wanted).not.toBeNull()
      const parameters = Object.fromEntries(
        spec.templateParameters.map((each) => [
          each.name,
          each.default ?? each.example?.split(/[ ,(]/)[0] ?? 'x',
        ]),
      )
      const provider = { clientId: 'a', parameters, allowedHosts: [], privateHosts: [], extraCa: null }
      const values = replied(spec, wanted?.url ?? '')
      const policy = proxyPolicy(provider, spec, { values })
      const probe = probeOf(provider, spec, { values }, policy)
      expect(probe).toMatchObject({ method: wanted?.method, url: expect.not.stringMatching(/[{}]/) })
    },
  )

  it('needs no header that only the identity request would bring', () => {
    const lacking = presets.flatMap((preset) => {
      const { account, api } = fullSpecOf(preset)
      if (api.probe !== null || account.request === null) return []
      const sent = new Set(Object.keys(api.headers).map((name) => name.toLowerCase()))
      return Object.entries(account.request.headers)
        .filter(([name, value]) => !value.includes('{access_token}') && !sent.has(name.toLowerCase()))
        .map(([name]) => `${preset.slug}: ${name}`)
    })
    expect(lacking).toEqual([])
  })

  it('that is a POST reads only, in the words of its API', () => {
    const bodies = presets.flatMap((preset) => {
      const probe = probeSpecOf(fullSpecOf(preset))
      return probe?.method === 'POST' ? [[preset.slug, probe.body] as const] : []
    })
    expect(bodies.map(([slug]) => slug).sort()).toEqual(['dropbox', 'linear', 'monday', 'withings'])
    expect(bodies.filter(([, body]) => /mutation|create|update|delete/i.test(body ?? ''))).toEqual([])
  })
})

describe('the redirect method', () => {
  const auto = (preset: Preset): ReturnType<typeof planRedirect> =>
    planRedirect({
      spec: fullSpecOf(preset),
      redirect: 'auto',
      redirectHost: 'auto',
      flow: 'authorization_code',
    })

  it.each(named)('of %s is one that its provider is not known to refuse', (_slug, preset) => {
    const { redirect } = fullSpecOf(preset)
    const plan = auto(preset)
    const refused = [
      ...(redirect.loopback === 'no' ? ['fixed-port', 'any-port'] : []),
      ...(redirect.customScheme === 'no' ? ['custom-scheme'] : []),
    ]
    const host = plan.way === 'fixed-port' ? new URL(plan.redirectUri ?? '').hostname : redirect.hosts[0]
    expect(refused).not.toContain(plan.way)
    expect(redirect.hosts).toContain(host)
  })

  it.each([
    'calendly',
    'adobe',
    'webflow',
    'facebook',
    'instagram',
    'threads',
    'hubspot',
    'intercom',
    'stripe',
    'square',
    'quickbooks',
  ])('of %s is a page of the person and a pasted address, and its notes say so', (slug) => {
    const preset = presets.find((one) => one.slug === slug) as Preset
    expect(auto(preset)).toMatchObject({ way: 'paste', redirectUri: null })
    expect(preset.notes.join(' ')).toMatch(/https: register a page of your own/)
  })
})

/** What a sign-in would have brought: hosts that the preset's own pattern takes, and numbers elsewhere. */
function replied(spec: ReturnType<typeof fullSpecOf>, url: string): Record<string, string> {
  const names = placeholders(`${url} ${spec.api.baseUrl ?? ''}`).filter((name) => name.includes('.'))
  const hosts: Record<string, string> = {
    'token.instance_url': 'https://acme.my.salesforce.com',
    'token.api_domain':
      spec.api.dynamicHostPattern?.includes('zoho') === true
        ? 'https://www.zohoapis.com'
        : 'https://acme.pipedrive.com',
    'identity.api_endpoint': 'https://us1.api.mailchimp.com',
    'identity.accounts[0].base_uri': 'https://demo.docusign.net',
  }
  return Object.fromEntries(names.map((name) => [name, hosts[name] ?? '17']))
}

/** All but what sets the members of a family apart: scopes and API. */
function sharedBy(preset: Preset): object {
  const { scopes: _scopes, api: _api, ...same } = fullSpecOf(preset)
  return { ...same, consoleUrl: preset.consoleUrl, manageUrl: preset.manageUrl }
}

function parameterProblems(preset: Preset, parameter: TemplateParameter): string[] {
  const { name, pattern } = parameter
  const accepts = (value: string): boolean =>
    resolveParameters([parameter], { [name]: value }, matchPattern).problems.length === 0
  const values = [parameter.default, parameter.example?.split(/[ ,(]/)[0], ...parameter.suggestions]
  const refused = values.filter((value) => typeof value === 'string' && !accepts(value))
  const inHost = new RegExp(`^https://[^/]*\\{${name}\\}`)
  const isHost = addressesOf(preset).some((address) => inHost.test(address))
  const hostile = ['a@evil.example', 'evil.example#', 'evil.example?', 'a b', 'evil.example\\']
  return [
    ...(pattern === null || /^\^.*\$$/.test(pattern) ? [] : [`${name}: the pattern is not anchored`]),
    ...refused.map((value) => `${name}: ${value} is refused`),
    ...(isHost ? hostile.filter(accepts).map((value) => `${name}: ${value} is taken`) : []),
  ]
}

function lapsesAfterSeconds(preset: Preset): number | null {
  const { refreshTokenLifetimeSeconds, style, accessTokenLifetimeSeconds } = fullSpecOf(preset).refresh
  return style === 'exchange-access-token' ? accessTokenLifetimeSeconds : refreshTokenLifetimeSeconds
}

const runtime = new Set([
  'client_id',
  'client_secret',
  'access_token',
  'refresh_token',
  'user_agent',
  'app_name',
  'contact_email',
])

function isFilled(name: string, path: string, preset: Preset): boolean {
  const spec = fullSpecOf(preset)
  const [head = '', ...rest] = name.split('.')
  const tail = rest.join('.')
  if (/pattern$/i.test(path) && path !== 'spec.discovery.issuerPattern') return true
  if (path === 'spec.discovery.issuerPattern') return name === 'tenantid'
  if (path.startsWith('spec.client.registrationRequest.fields') && ['redirect_uri', 'scope'].includes(name))
    return true
  if (tail === '')
    return runtime.has(name) || spec.templateParameters.some((parameter) => parameter.name === name)
  const { callbackParams } = spec.authorize
  if (head === 'callback') return callbackParams.includes(tail)
  if (head === 'resource') return [spec.account.resource?.bindAs, 'url', 'label'].includes(tail)
  return head === 'token' || head === 'identity'
}

type TextAt = { path: string; text: string }

function textsOf(value: unknown, path = ''): TextAt[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, inner]) =>
    textsOf(inner, path === '' ? name : `${path}.${name}`),
  )
}

function addressesOf(preset: Preset): string[] {
  const { discovery, endpoints, account, refresh, revocation, token, client, api } = fullSpecOf(preset)
  return [
    discovery.issuer,
    discovery.url,
    ...Object.values(endpoints),
    account.request?.url,
    account.resource?.url,
    account.validation?.url,
    refresh.url,
    revocation?.url,
    token.postExchange?.url,
    ...token.alternatives,
    client.registrationRequest?.url,
    api.baseUrl,
    api.probe?.url,
    preset.docsUrl,
    preset.consoleUrl,
    preset.manageUrl,
    ...preset.sources,
  ].filter((address) => typeof address === 'string')
}

/** Any host does where a reply names it. */
function fillSomehow(address: string, preset: Preset): string {
  return address
    .replace(/^\{(?:token|identity)\.[^}]+\}/, 'https://reply.example')
    .replace(/\{([^}]+)\}/g, (_whole, name: string) => {
      const parameter = fullSpecOf(preset).templateParameters.find((one) => one.name === name)
      return parameter?.default ?? parameter?.example?.split(/[ ,(]/)[0] ?? 'x'
    })
}

function hasPath(value: unknown, path: string): boolean {
  let current = value
  for (const step of path.split('.')) {
    if (current === null || typeof current !== 'object') return false
    if (!(step in current)) return path.startsWith('token.paths.')
    current = (current as Record<string, unknown>)[step]
  }
  return true
}

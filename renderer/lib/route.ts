// The current page, as data. It is stored only in the URL's hash, so that a reload shows the same page.
export type ActivityFilter = {
  appId?: string
  connectionId?: string
  outcome?: string
  kind?: string
  day?: string
}
export const settingsSections = ['general', 'vault', 'server', 'network', 'data', 'about'] as const
export type SettingsSection = (typeof settingsSections)[number]

const appNeeds = ['token', 'request'] as const
export type AppNeed = (typeof appNeeds)[number]

export type Route =
  | { name: 'connections' }
  | { name: 'connection'; id: string }
  | { name: 'add'; query: string }
  | { name: 'add-url'; url: string }
  | { name: 'register'; preset: string | null }
  | { name: 'import' }
  | { name: 'rehearsal' }
  | { name: 'sign-in'; flowId: string }
  | { name: 'providers' }
  /** `field`: the form field to fill in. */
  | { name: 'provider'; id: string; tab: ProviderTab; field?: string }
  | { name: 'apps' }
  /** Carries the context of the link: the connection, and which of the two kinds of access was shown. */
  | { name: 'new-app'; connectionId?: string; needs?: AppNeed }
  | { name: 'app'; id: string }
  | { name: 'activity'; filter: ActivityFilter }
  | { name: 'settings'; section: SettingsSection }
  | { name: 'integrity' }
  | { name: 'unknown'; path: string }

export const providerTabs = ['overview', 'edit', 'check', 'export'] as const
export type ProviderTab = (typeof providerTabs)[number]

export function hrefOf(route: Route): string {
  switch (route.name) {
    case 'connections':
      return '#/connections'
    case 'connection':
      return `#/connections/${encodeURIComponent(route.id)}`
    case 'add':
      return withQuery('#/add', { q: route.query })
    case 'add-url':
      return withQuery('#/add/url', { url: route.url })
    case 'register':
      return route.preset === null ? '#/add/custom' : `#/add/preset/${encodeURIComponent(route.preset)}`
    case 'import':
      return '#/add/import'
    case 'rehearsal':
      return '#/rehearsal'
    case 'sign-in':
      return `#/sign-in/${encodeURIComponent(route.flowId)}`
    case 'providers':
      return '#/providers'
    case 'provider':
      return withQuery(
        `#/providers/${encodeURIComponent(route.id)}${route.tab === 'overview' ? '' : `/${route.tab}`}`,
        { field: route.field },
      )
    case 'apps':
      return '#/apps'
    case 'new-app':
      return withQuery('#/apps/new', { connection: route.connectionId, needs: route.needs })
    case 'app':
      return `#/apps/${encodeURIComponent(route.id)}`
    case 'activity':
      return withQuery('#/activity', route.filter)
    case 'settings':
      return `#/settings/${route.section}`
    case 'integrity':
      return '#/integrity'
    default:
      return `#${route.path}`
  }
}

/**
 * Parses any hash, or a path from a deep link. An unknown address becomes the page for unknown addresses;
 * never throws.
 */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '')
  const [before = '', after = ''] = path.split('?', 2)
  const parts = before.split('/').filter((part) => part !== '')
  const query = new URLSearchParams(after)
  const [first = 'connections', second, third] = parts.map(decoded)
  return routeOf(first, second, third, query) ?? { name: 'unknown', path }
}

function routeOf(
  first: string,
  second: string | undefined,
  third: string | undefined,
  query: URLSearchParams,
): Route | null {
  switch (first) {
    case 'connections':
      return second === undefined ? { name: 'connections' } : { name: 'connection', id: second }
    case 'add':
      return addRoute(second, third, query)
    case 'rehearsal':
      return second === undefined ? { name: 'rehearsal' } : null
    case 'sign-in':
      return second === undefined ? null : { name: 'sign-in', flowId: second }
    case 'providers': {
      if (second === undefined) return { name: 'providers' }
      const tab = oneOf(providerTabs, third ?? 'overview')
      return tab === null
        ? null
        : { name: 'provider', id: second, tab, ...given('field', query.get('field')) }
    }
    case 'apps':
      if (second === undefined) return { name: 'apps' }
      return second === 'new' ? newAppRoute(query) : { name: 'app', id: second }
    case 'activity':
      return { name: 'activity', filter: filterOf(query) }
    case 'settings': {
      const section = oneOf(settingsSections, second ?? 'general')
      return section === null ? null : { name: 'settings', section }
    }
    case 'integrity':
      return second === undefined ? { name: 'integrity' } : null
    default:
      return null
  }
}

function addRoute(
  second: string | undefined,
  third: string | undefined,
  query: URLSearchParams,
): Route | null {
  if (second === undefined) return { name: 'add', query: query.get('q') ?? '' }
  if (second === 'url') return { name: 'add-url', url: query.get('url') ?? '' }
  if (second === 'import') return { name: 'import' }
  if (second === 'custom') return { name: 'register', preset: null }
  if (second === 'preset' && third !== undefined) return { name: 'register', preset: third }
  return null
}

function newAppRoute(query: URLSearchParams): Route {
  return {
    name: 'new-app',
    ...given('connectionId', query.get('connection')),
    ...given('needs', oneOf(appNeeds, query.get('needs') ?? '')),
  }
}

function given<Name extends string, Value extends string>(
  name: Name,
  value: Value | null,
): { [K in Name]?: Value } {
  return (value === null || value === '' ? {} : { [name]: value }) as { [K in Name]?: Value }
}

function filterOf(query: URLSearchParams): ActivityFilter {
  const filter: ActivityFilter = {}
  for (const key of ['appId', 'connectionId', 'outcome', 'kind', 'day'] as const) {
    const value = query.get(key)
    if (value !== null && value !== '') filter[key] = value
  }
  return filter
}

function withQuery(path: string, query: Record<string, string | undefined>): string {
  const filled = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '')
  return filled.length === 0 ? path : `${path}?${new URLSearchParams(filled).toString()}`
}

function oneOf<Value extends string>(values: readonly Value[], text: string): Value | null {
  return values.find((value) => value === text) ?? null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

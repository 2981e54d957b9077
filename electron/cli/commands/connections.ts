import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  type connectLinkResponseSchema,
  flowStarted,
  REVOCATION_HEADER,
} from '../../../shared/contract/http-api.ts'
import type { ServiceApi } from '../api.ts'
import { accountOption, providerArgument, readArguments, scopesOption } from '../arguments.ts'
import type { Context, RunCommand } from '../context.ts'
import { awaitSignIn, codeOf, openEventFeed } from '../events.ts'
import { openBrowser } from '../open-browser.ts'
import { say, table, type Terminal } from '../output.ts'

const connectArguments = z.strictObject({
  provider: providerArgument,
  account: accountOption,
  scopes: scopesOption,
  open: z.boolean().optional(),
  wait: z.boolean().default(true),
})

type Link = z.output<typeof connectLinkResponseSchema>
type Asked = z.output<typeof connectArguments>
type Started = z.output<typeof flowStarted>['flow']

export const connect: RunCommand = async (context, given) => {
  const asked = readArguments(connectArguments, given)
  const { provider, account, scopes, wait } = asked
  const api = await context.api()
  // Opened before the link is created, so that no event of the sign-in is missed.
  const events = wait ? await openEventFeed(api) : null
  try {
    const link = await api.client.connect(provider, {
      ...(account === undefined ? {} : { account }),
      ...(scopes === undefined ? {} : { scopes }),
    })
    const started = link.flow === 'authorization_code' ? null : await startHere(context.openApi(), link)
    if (started === null) await showLink(context, link, asked)
    else if (started.userCode !== undefined) await showCode(context, started, asked)
    const withoutPerson = link.flow === 'client_credentials'
    if (started?.state === 'failed') throw startFailure(started)
    if (started?.state === 'done') {
      printConnected(context, { provider: started.provider, connection: started, withoutPerson })
      return 0
    }
    if (events === null) return 0
    const slug = /\/api\/integrations\/([^/?]+)\/connect/.exec(link.connectUrl)?.[1] ?? provider
    const done = await awaitSignIn(events, {
      slug,
      account: account ?? null,
      flowId: started?.id ?? null,
      linkExpiresAt: Date.parse(link.expiresAt),
      onQuestion: () =>
        say(context.terminal.stderr, 'Keyway has a question about this sign-in: see its window.'),
    })
    if (done.kind === 'failed') throw new KeywayError(done.code)
    printConnected(context, { provider: slug, connection: done.connection, withoutPerson })
    return 0
  } finally {
    events?.close()
  }
}

/**
 * A flow without a URL for a browser is started from here: a person at a terminal may have no browser on this
 * machine.
 */
async function startHere(api: ServiceApi, { connectUrl }: Link): Promise<Started> {
  const { pathname, search } = new URL(connectUrl)
  return (await api.call(flowStarted, `${pathname}${search}`)).flow
}

async function showLink({ terminal, json }: Context, link: Link, { open }: Asked): Promise<void> {
  const { stdout, environment } = terminal
  if (!json) await show(link.connectUrl, terminal, (open ?? stdout.isTTY === true) ? 'open' : 'print')
  else {
    say(stdout, JSON.stringify(link))
    if (open === true) await openBrowser(link.connectUrl, environment)
  }
}

async function showCode(
  { terminal, json }: Context,
  { userCode = '', verificationUri = '', expiresAt }: Started,
  { open }: Asked,
): Promise<void> {
  const { stdout, stderr, environment } = terminal
  if (json) say(stdout, JSON.stringify({ userCode, verificationUri, expiresAt }))
  else {
    say(stdout, userCode, verificationUri)
    say(stderr, `Open that address on any device and enter the code ${userCode} there.`)
  }
  if (open ?? stdout.isTTY === true) await openBrowser(verificationUri, environment)
}

const startFailure = ({ message, ...flow }: Started): KeywayError =>
  new KeywayError(codeOf(flow), message === undefined ? {} : { message })

function printConnected(
  { terminal: { stdout }, json }: Context,
  about: {
    provider: string
    connection: Pick<Started, 'connectionId' | 'account'>
    withoutPerson: boolean
  },
): void {
  const { provider, withoutPerson } = about
  const { connectionId, account } = about.connection
  if (json) say(stdout, JSON.stringify({ connected: true, provider, connectionId, account }))
  else {
    const how = withoutPerson ? ': the provider gave Keyway its own token, without a person' : ''
    say(stdout, `Connected ${provider} as ${account ?? 'a new account'}${how}.`)
  }
}

async function show(
  url: string,
  { stdout, stderr, environment }: Terminal,
  how: 'open' | 'print',
): Promise<void> {
  say(stdout, url)
  const opened = how === 'open' && (await openBrowser(url, environment))
  if (opened) say(stderr, 'Opened in your browser; sign in there.')
  else {
    if (stdout.isTTY === true) {
      const { renderUnicodeCompact } = await import('uqr')
      stdout.write(`${renderUnicodeCompact(url)}\n`)
    }
    say(stderr, 'Open it in a browser on this machine and sign in. It works once, for ten minutes.')
  }
}

export const connections: RunCommand = async (context) => {
  const { client } = await context.api()
  const found = await client.connections()
  const { stdout, stderr } = context.terminal
  if (context.json) say(stdout, JSON.stringify(found))
  else if (found.length === 0) say(stderr, 'Nothing is connected that this key may know about.')
  else {
    const rows = found.map((each) => [each.provider, each.ownerId, each.status, each.tokenExpiresAt ?? '-'])
    say(stdout, ...table([['PROVIDER', 'ACCOUNT', 'STATUS', 'TOKEN UNTIL'], ...rows]))
  }
  return 0
}

const disconnectArguments = z.strictObject({ provider: providerArgument, account: accountOption })

export const disconnectConnection: RunCommand = async (context, given) => {
  const { provider, account } = readArguments(disconnectArguments, given)
  const query = account === undefined ? '' : `?${new URLSearchParams({ account }).toString()}`
  const path = `/api/integrations/${provider}/connection${query}`
  const api = await context.api()
  const answer = await api.head(path, { method: 'DELETE' })
  const revoked = answer.headers.get(REVOCATION_HEADER)
  const { stdout } = context.terminal
  if (context.json) say(stdout, JSON.stringify({ disconnected: true, provider, revoked }))
  else if (revoked === 'at_provider')
    say(stdout, 'Disconnected: the provider revoked the grant, and its tokens are gone here.')
  else if (revoked === 'queued')
    say(stdout, 'Removed here. Keyway revokes the grant at the provider when you unlock the vault.')
  else {
    say(
      stdout,
      'Removed here only: the provider did not revoke the grant, so it may still stand there.',
      'Remove Keyway’s access in the account’s own settings at the provider.',
    )
  }
  return 0
}

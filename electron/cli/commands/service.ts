import { homedir } from 'node:os'
import { z } from 'zod'
import type { Grant } from '../../../shared/contract/app.ts'
import { appMeResponseSchema } from '../../../shared/contract/http-api.ts'
import { requestWindow } from '../../core/running-service.ts'
import { dataLocation } from '../../core/storage/data-folder.ts'
import { readArguments } from '../arguments.ts'
import type { RunCommand } from '../context.ts'
import { openBrowser } from '../open-browser.ts'
import { say, table } from '../output.ts'
import { registeredProviders } from '../registered-providers.ts'

/** Other versions may return more fields. */
const health = z.looseObject({ service: z.literal('keyway'), vault: z.enum(['unlocked', 'locked']) })

export const status: RunCommand = async (context) => {
  const found = await context.openApi().call(health, '/healthz')
  const { stdout } = context.terminal
  if (context.json) say(stdout, JSON.stringify({ url: context.url(), ...found }))
  else say(stdout, `Keyway answers at ${context.url()}; its vault is ${found.vault}.`)
  return 0
}

export const whoami: RunCommand = async (context) => {
  const me = await (await context.api()).call(appMeResponseSchema, '/api/apps/me')
  const { stdout } = context.terminal
  if (context.json) {
    say(stdout, JSON.stringify(me))
    return 0
  }
  say(
    stdout,
    `${me.name} (${me.id})`,
    ...(me.manage ? ['may register and change providers'] : []),
    ...(me.approve ? ['may answer what other apps ask'] : []),
    ...(me.grants.length === 0 ? ['has no grants'] : me.grants.map(describeGrant)),
    ...me.missing.map(({ provider, scopes }) => `misses ${[provider, ...scopes].join(' ')}`),
    ...(me.key.expiresAt === null ? [] : [`the key is good until ${me.key.expiresAt}`]),
  )
  return 0
}

function describeGrant(grant: Grant): string {
  const { target } = grant
  const what =
    target.kind === 'all'
      ? 'every connection'
      : target.kind === 'provider'
        ? `provider ${target.providerId}`
        : `connection ${target.connectionId}`
  const may = [grant.token ? 'tokens' : null, grant.proxy ? 'requests' : null].filter((each) => each !== null)
  const limits = [...grant.methods, ...grant.hosts, ...grant.paths]
  return [
    `${what}: ${may.length === 0 ? 'nothing' : may.join(' and ')}`,
    ...(limits.length === 0 ? [] : [`only ${limits.join(' ')}`]),
    ...(grant.approval === 'ask' ? ['asks each time'] : []),
    ...(grant.expiresAt === null ? [] : [`until ${new Date(grant.expiresAt).toISOString()}`]),
  ].join(', ')
}

export const providers: RunCommand = async (context) => {
  const found = await registeredProviders(await context.api())
  const { stdout, stderr } = context.terminal
  if (context.json) say(stdout, JSON.stringify(found))
  else if (found.length === 0) say(stderr, 'No provider is registered yet.')
  else {
    const rows = found.map((each) => [
      each.slug,
      each.name,
      String(each.connectionCount),
      each.redirectUri ?? '-',
    ])
    say(stdout, ...table([['SLUG', 'NAME', 'ACCOUNTS', 'REDIRECT URI'], ...rows]))
  }
  return 0
}

// Opens the window of the running Keyway. It is found by its data folder and called over its own socket, so
// no app key is needed. The caller may be a program, so the window that opens is read-only until presence is
// proved.

const openArguments = z.strictObject({
  data: z.string().min(1, 'A folder is needed.').max(4096).optional(),
  print: z.boolean().default(false),
})

export const open: RunCommand = async ({ terminal, json }, given) => {
  const { data, print } = readArguments(openArguments, given)
  const { stdout, stderr, environment } = terminal
  const place = { platform: process.platform, home: homedir(), environment }
  const { url } = await requestWindow(dataLocation(data, place))
  const opened = url === null || (!print && (await openBrowser(url, environment)))
  if (json) say(stdout, JSON.stringify(opened ? { opened } : { opened, url }))
  else if (url === null) say(stdout, 'The window of Keyway is in front.')
  else if (opened) say(stdout, 'The window of Keyway opens in your browser.')
  else {
    say(stdout, url)
    say(stderr, 'Open it in a browser on this machine. It works once, for two minutes.')
  }
  return 0
}

import { appMeAnswer } from '../../../shared/contract/http-api.ts'
import type { Grant } from '../../../shared/contract/app.ts'
import type { RunCommand } from '../context.ts'
import { say } from '../terminal.ts'

export const whoami: RunCommand = async (context) => {
  const me = await (await context.api()).call(appMeAnswer, '/api/apps/me')
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

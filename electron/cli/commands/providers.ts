import { registeredProviders } from '../registered-providers.ts'
import type { RunCommand } from '../context.ts'
import { table } from '../table.ts'
import { say } from '../terminal.ts'

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

import type { RunCommand } from '../context.ts'
import { table } from '../table.ts'
import { say } from '../terminal.ts'

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

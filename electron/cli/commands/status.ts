import { z } from 'zod'
import type { RunCommand } from '../context.ts'
import { say } from '../terminal.ts'

/** Other versions may tell more. */
const health = z.looseObject({ service: z.literal('keyway'), vault: z.enum(['unlocked', 'locked']) })

export const status: RunCommand = async (context) => {
  const found = await context.openApi().call(health, '/healthz')
  const { stdout } = context.terminal
  if (context.json) say(stdout, JSON.stringify({ url: context.url(), ...found }))
  else say(stdout, `Keyway answers at ${context.url()}; its vault is ${found.vault}.`)
  return 0
}

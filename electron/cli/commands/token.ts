import { z } from 'zod'
import { MOST_VALID_SECONDS } from '../../../shared/contract/http/token.ts'
import { accountOption, providerArgument, readArguments, scopesOption } from '../arguments.ts'
import type { RunCommand } from '../context.ts'
import { say } from '../output.ts'

const wholeSeconds = z
  .string()
  .regex(/^\d{1,9}$/, 'Whole seconds.')
  .transform(Number)
  .pipe(z.int().max(MOST_VALID_SECONDS, 'At most ten years (315360000).'))

const tokenArguments = z.strictObject({
  provider: providerArgument,
  account: accountOption,
  minValid: wholeSeconds.optional(),
  scopes: scopesOption,
  header: z.boolean().default(false),
})

export const token: RunCommand = async (context, given) => {
  const { provider, header, account, minValid, scopes } = readArguments(tokenArguments, given)
  const { client } = await context.api()
  const found = await client.token(provider, {
    ...(account === undefined ? {} : { account }),
    ...(minValid === undefined ? {} : { minValid }),
    ...(scopes === undefined ? {} : { scopes }),
  })
  const { stdout, stderr } = context.terminal
  const line = found.header ?? { name: 'Authorization', value: `Bearer ${found.accessToken}` }
  say(
    stdout,
    context.json ? JSON.stringify(found) : header ? `${line.name}: ${line.value}` : found.accessToken,
  )
  if (stdout.isTTY === true) {
    say(stderr, 'This token is in your terminal’s scrollback now. A pipe or $(…) keeps it out of sight.')
  }
  return 0
}

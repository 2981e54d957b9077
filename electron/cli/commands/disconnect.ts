import { z } from 'zod'
import { REVOCATION_HEADER } from '../../../shared/contract/http-api.ts'
import { accountOption, providerArgument, readArguments } from '../read-arguments.ts'
import type { RunCommand } from '../context.ts'
import { say } from '../terminal.ts'

const disconnectArguments = z.strictObject({ provider: providerArgument, account: accountOption })

export const disconnect: RunCommand = async (context, given) => {
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

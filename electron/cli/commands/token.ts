import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { httpMethod } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { ACCOUNT_HEADER, TARGET_HEADER, UPSTREAM_HEADER } from '../../../shared/contract/http-api.ts'
import { MOST_VALID_SECONDS } from '../../../shared/contract/http/token.ts'
import type { ServiceApi } from '../api.ts'
import {
  accountOption,
  headersFrom,
  openBody,
  providerArgument,
  readArguments,
  invalidArguments,
  scopesOption,
} from '../arguments.ts'
import { exitOf, failureIn, type RunCommand } from '../context.ts'
import { harmless, say, type Terminal } from '../output.ts'

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

const requestArguments = z.strictObject({
  provider: providerArgument,
  method: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(httpMethod),
  path: z
    .string()
    .min(1)
    .max(8000)
    .regex(/^[^\p{Cc}\\]*$/u, 'A path or address without control characters and backslashes.')
    .refine(
      (path) => !/^[a-z][a-z\d+.-]*:/i.test(path) || /^https?:\/\//i.test(path),
      'A path, or an http(s) address.',
    ),
  account: accountOption,
  header: z.array(z.string()).default([]),
  data: z.string().optional(),
  include: z.boolean().default(false),
})
type Asked = z.output<typeof requestArguments>

export const request: RunCommand = async (context, given) => {
  const asked = readArguments(requestArguments, given)
  if (asked.data === '-' && context.keyFrom === 'stdin') {
    throw invalidArguments('Standard input cannot be both the key (--key-stdin) and the body (-d -).')
  }
  const api = await context.api()
  const answer = await send(api, asked, context.terminal)
  if (answer.headers[UPSTREAM_HEADER] === undefined) throw await failureIn(answer)
  await print(answer, asked, context.terminal)
  return upstreamExit(answer, context.terminal)
}

/** The body is streamed unchanged, to any allowed host. */
async function send(api: ServiceApi, asked: Asked, terminal: Terminal): Promise<IncomingMessage> {
  const { provider, method, account } = asked
  const body = await openBody(asked.data, terminal)
  const type = body === null ? {} : { 'content-type': 'application/json' }
  const length = body?.bytes === undefined ? {} : { 'content-length': String(body.bytes) }
  const escaped = asked.path
    .replace(/#.*$/s, '')
    .toWellFormed()
    .replaceAll(/[^\u0021-\u007E]/gu, encodeURIComponent)
  const { target, headers } = await accountIn(api, provider, account)
  return api.stream(`/api/integrations/${target}/request/`, {
    method,
    headers: { ...type, ...headersFrom(asked.header), ...length, ...headers, [TARGET_HEADER]: escaped },
    ...(body === null ? {} : { body: body.stream }),
  })
}

/**
 * A header holds ASCII. An account may have a name in any script; then its connection's id is sent instead.
 */
async function accountIn(
  api: ServiceApi,
  provider: string,
  account: string | undefined,
): Promise<{ target: string; headers: Record<string, string> }> {
  if (account === undefined) return { target: provider, headers: {} }
  if (/^[\u0020-\u007E]+$/.test(account)) return { target: provider, headers: { [ACCOUNT_HEADER]: account } }
  const named = (await api.client.connections()).find(
    (each) => [each.integrationId, each.provider].includes(provider) && sameName(each.ownerId, account),
  )
  if (named === undefined) throw new KeywayError('connection_not_found')
  return { target: named.id, headers: {} }
}

const sameName = (one: string, other: string): boolean =>
  one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase()

async function print(answer: IncomingMessage, { include }: Asked, { stdout }: Terminal): Promise<void> {
  if (include) {
    const pairs = answer.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}`] : [],
    )
    say(stdout, `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`, ...pairs, '')
  }
  // A file or a pipe gets the raw bytes; a terminal would interpret some of them.
  const decoder = stdout.isTTY === true ? new TextDecoder() : null
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const piece =
        decoder === null ? chunk : harmless(decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n'))
      if (!stdout.write(piece)) await once(stdout, 'drain')
    }
  } catch (cause) {
    throw new KeywayError('provider_unreachable', { message: 'The answer broke off before its end.', cause })
  }
}

/** An error response of the API is printed like any other; only the exit code differs. */
function upstreamExit({ statusCode = 0, statusMessage }: IncomingMessage, { stderr }: Terminal): number {
  if (statusCode < 400) return 0
  say(stderr, `keyway: The API answered HTTP ${statusCode} ${statusMessage}.`)
  return exitOf(statusCode === 429 || statusCode === 503 ? 'rate_limited' : 'provider_error')
}

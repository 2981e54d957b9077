import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { openBrowser } from '../open-browser.ts'
import { accountOption, providerArgument, readArguments, scopesOption } from '../read-arguments.ts'
import { listen } from '../server-events.ts'
import type { RunCommand } from '../context.ts'
import { say, type Terminal } from '../terminal.ts'
import { awaitSignIn } from '../await-sign-in.ts'

const connectArguments = z.strictObject({
  provider: providerArgument,
  account: accountOption,
  scopes: scopesOption,
  open: z.boolean().optional(),
  wait: z.boolean().default(true),
})

export const connect: RunCommand = async (context, given) => {
  const { provider, account, scopes, open, wait } = readArguments(connectArguments, given)
  const api = await context.api()
  // Before the link exists, so that nothing that follows from it is missed.
  const events = wait ? await listen(api) : null
  try {
    const wish = {
      ...(account === undefined ? {} : { account }),
      ...(scopes === undefined ? {} : { scopes }),
    }
    const link = await api.client.connect(provider, wish)
    const { stdout } = context.terminal
    if (context.json) say(stdout, JSON.stringify(link))
    else await show(link.connectUrl, context.terminal, (open ?? stdout.isTTY === true) ? 'open' : 'print')
    if (context.json && open === true) await openBrowser(link.connectUrl, context.terminal.environment)
    if (events === null) return 0
    const slug = /\/api\/integrations\/([^/?]+)\/connect/.exec(link.connectUrl)?.[1] ?? provider
    const done = await awaitSignIn(events, {
      slug,
      account: account ?? null,
      linkExpiresAt: Date.parse(link.expiresAt),
      onQuestion: () =>
        say(context.terminal.stderr, 'Keyway has a question about this sign-in: see its window.'),
    })
    if (done.kind === 'failed') throw new KeywayError(done.code)
    if (context.json) say(stdout, JSON.stringify({ connected: true, provider: slug, ...done.connection }))
    else say(stdout, `Connected ${slug} as ${done.connection.account ?? 'a new account'}.`)
    return 0
  } finally {
    events?.close()
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

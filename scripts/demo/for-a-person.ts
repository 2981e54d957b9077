// The interactive demo: prints the window's URL, what to click, and a curl line that works afterwards.
import { onEnterKey } from '../../electron/headless/terminal.ts'
import { practiceRegistration } from './registration.ts'
import type { Stage } from './stage.ts'
import { openWindowClient } from './window-client.ts'

/** Resolves after `untilEnd`: the person stops it with Ctrl+C, or the process receives a signal. */
export async function showToPerson(
  { headless, practice }: Stage,
  { open, untilEnd }: { open: boolean; untilEnd: Promise<unknown> },
): Promise<void> {
  const window = await openWindowClient(headless.launchUrl())
  await window.call('providers.create', practiceRegistration(practice))
  const { key } = await window.call('apps.create', {
    name: 'Your terminal',
    grants: [{ target: { kind: 'all' }, token: true, proxy: true }],
  })
  const curl = `curl -s ${headless.url}/api/integrations/token -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' -d '{"provider":"rehearsal"}'`

  const opened = open ? await headless.openWindow() : { opened: false as const, reason: 'as you asked' }
  if (!opened.opened) console.log(`No browser was opened (${opened.reason}).`)
  console.log(
    [
      '',
      'Keyway, with a provider that runs on this machine. All of it is thrown away when you stop.',
      '',
      `1. The window:  ${headless.launchUrl()}`,
      '   (works once; press Enter for a fresh link)',
      '2. Press Connect beside "Rehearsal", and be whoever you like.',
      '3. Then, in another terminal:',
      '',
      `   ${curl}`,
      '',
      'Ctrl+C ends it.',
    ].join('\n'),
  )
  const stopListening = onEnterKey(process.stdin, () => console.log(headless.launchUrl()))
  let healthy = false
  const unsubscribe = headless.keyway.on('connections', (connections) => {
    const found = connections.find(({ lastOutcome }) => lastOutcome.status === 'ok')
    if (found !== undefined && !healthy) {
      console.log(`\nConnected as ${found.identity.label ?? found.account}. The curl line above works now.`)
    }
    healthy = found !== undefined
  })
  await untilEnd
  unsubscribe()
  stopListening()
}

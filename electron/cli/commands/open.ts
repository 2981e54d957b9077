// Opens the window of the running Keyway. It is found by its data folder and asked over its own socket, so no app key is needed; and
// whoever runs this may be a program, so the window that opens may look until it is proved that a person sits there.
import { homedir } from 'node:os'
import { z } from 'zod'
import { dataLocation } from '../../core/storage/data-folder.ts'
import { askForWindow } from '../../core/running-service.ts'
import { openBrowser } from '../open-browser.ts'
import { readArguments } from '../arguments.ts'
import type { RunCommand } from '../context.ts'
import { say } from '../output.ts'

const openArguments = z.strictObject({
  data: z.string().min(1, 'A folder is needed.').max(4096).optional(),
  print: z.boolean().default(false),
})

export const open: RunCommand = async ({ terminal, json }, given) => {
  const { data, print } = readArguments(openArguments, given)
  const { stdout, stderr, environment } = terminal
  const place = { platform: process.platform, home: homedir(), environment }
  const { url } = await askForWindow(dataLocation(data, place))
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

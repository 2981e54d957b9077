import { openUrl } from '../core/browsers/open-url.ts'

/** Keeps the command running until the browser has started. */
const clock = {
  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
}

/** True when a browser was started. It does not inherit the app key. */
export async function openBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const { KEYWAY_KEY: _key, ...others } = environment
  const { opened } = await openUrl(url, { clock, platform: process.platform, environment: others })
  return opened
}

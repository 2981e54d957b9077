import type { CdpSession } from '../chromium/cdp.ts'

/** Runs code in the page's own world, awaits its promise and brings the value back by JSON. */
export async function evaluate(
  session: CdpSession,
  expression: string,
  userGesture: boolean,
): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    userGesture,
    awaitPromise: true,
    returnByValue: true,
  })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
  return result.value
}

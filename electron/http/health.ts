import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { HttpContext } from './http-context.ts'
import { sendJson } from './send.ts'

/** Enough to know that this is Keyway and that it works; nothing about anybody's accounts. `starting`: other calls wait a moment. */
export const healthAnswer = z.strictObject({
  status: z.enum(['ok', 'starting']),
  service: z.literal('keyway'),
  vault: z.enum(['unlocked', 'locked']),
})

export function answerHealth({ keyway }: HttpContext, response: ServerResponse): void {
  const body: z.output<typeof healthAnswer> = {
    status: 'ok',
    service: 'keyway',
    vault: keyway.vault.unlocked ? 'unlocked' : 'locked',
  }
  sendJson(response, 200, body)
}

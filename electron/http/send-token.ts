import type { ServerResponse } from 'node:http'
import type { VendedToken } from '../core/connections/token-service.ts'
import { COMMON_HEADERS } from './send.ts'
import { tokenAnswerText } from './token-answer.ts'

export function sendToken(response: ServerResponse, token: VendedToken, nowMs: number): void {
  const text = tokenAnswerText(token, nowMs)
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

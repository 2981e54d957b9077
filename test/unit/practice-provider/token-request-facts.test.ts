import { expect, it } from 'vitest'
import { tokenRequestFacts } from '../../../electron/practice-provider/request-handler.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

it.each([
  ['grant_type=refresh_token&client_id=native', undefined, 'native', 'refresh_token'],
  ['grant_type=client_credentials', basic('my+client%3A1:secret'), 'my client:1', 'client_credentials'],
  ['grant_type=x', basic('100%:secret'), '100%', 'x'],
  ['', 'Bearer abc', null, null],
  ['\u0000\u0001', 'Basic !!!', null, null],
])('reads %j with %j as client %j, grant %j', (body, authorization, clientId, grantType) => {
  expect(tokenRequestFacts(Buffer.from(body), authorization)).toEqual({ clientId, grantType })
})

// Where a token may be in a response that has none under the standard names.
import { expect, it } from 'vitest'
import { tokenFieldsIn } from '../../../shared/domain/token-fields.ts'

it.each<[string, unknown, unknown]>([
  ['another case', { accessToken: 'a' }, [{ accessToken: 'accessToken' }]],
  [
    'with its companions',
    { accessToken: 'a', refreshToken: 'r', expiresIn: 60 },
    [{ accessToken: 'accessToken', refreshToken: 'refreshToken', expiresIn: 'expiresIn' }],
  ],
  ['no prefix', { token: 'a', type: 'x' }, [{ accessToken: 'token' }]],
  ['a prefix', { user_token: 'a' }, [{ accessToken: 'user_token' }]],
  ['one level below', { data: { access_token: 'a' } }, [{ accessToken: 'data.access_token' }]],
  ['a JWT', { jwt: 'a' }, [{ accessToken: 'jwt' }]],
  ['a number as text', { token: 12_345 }, [{ accessToken: 'token' }]],
  ['an empty text', { token: '' }, []],
  ['an object of the name', { token: { value: 'a' } }, []],
  ['a name that is no path', { 'access token': 'a', 'a.token': 'b' }, []],
  ['a list', { data: [{ access_token: 'a' }] }, []],
  ['a refresh token alone', { refresh_token: 'r' }, []],
  ['an id_token alone', { id_token: 'i' }, []],
  ['a CSRF token alone', { csrf_token: 'c', xsrfToken: 'x' }, []],
  ['nothing of the kind', { hello: 'world' }, []],
])('%s', (_name, body, expected) => {
  expect(tokenFieldsIn(JSON.stringify(body))).toEqual(expected)
})

it.each(['', '<html>', '{"tok', '"text"'])('a body that is no object: %j', (text) => {
  expect(tokenFieldsIn(text)).toEqual([])
})

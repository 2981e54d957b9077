import { expect, it } from 'vitest'
import { draftOf, freshWay, wayProblem } from '../../../../renderer/features/sign-in/other-ways-dialog.tsx'

it('sends a token only where the way takes one', () => {
  const typed = { ...freshWay('refresh_token'), token: ' rt-1 ', prompt: 'login' as const }
  expect(draftOf(typed, 'prv_1', null)).toEqual({
    providerId: 'prv_1',
    connectionId: null,
    kind: 'refresh_token',
    token: 'rt-1',
  })
  expect(draftOf({ ...typed, way: 'authorization_code' }, 'prv_1', null)).toEqual({
    providerId: 'prv_1',
    connectionId: null,
    kind: 'authorization_code',
    redirect: 'auto',
    prompt: 'login',
  })
})

it('names a new connection and leaves the name of one that is renewed', () => {
  const typed = { ...freshWay('device_code'), account: ' work ' }
  expect(draftOf(typed, 'prv_1', null)).toMatchObject({ account: 'work' })
  expect(draftOf(typed, 'prv_1', 'con_1')).not.toHaveProperty('account')
})

it('wants a token before it asks anybody, and an account name that is one', () => {
  expect(wayProblem(freshWay('access_token'))).toEqual({ field: 'token' })
  expect(wayProblem(freshWay('client_credentials'))).toBeNull()
  expect(wayProblem({ ...freshWay('device_code'), account: 'a\u0007b' })).toMatchObject({ field: 'account' })
})

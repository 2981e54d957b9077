import { describe, expect, it } from 'vitest'
import { createBehaviourSwitch } from '../../../electron/practice-provider/behaviour.ts'

const refresh = { endpoint: 'token', grantType: 'refresh_token' } as const
const signIn = { endpoint: 'token', grantType: 'authorization_code' } as const
const call = { endpoint: 'api', grantType: null } as const

describe('which fault strikes', () => {
  it('the first that fits, as often as it says, then the next', () => {
    const behaviour = createBehaviourSwitch({
      faults: [{ kind: 'status', status: 503, times: 2, grantType: 'refresh_token' }, { kind: 'empty' }],
    })
    expect(behaviour.takeFault(signIn)?.kind).toBe('empty')
    expect([1, 2, 3].map(() => behaviour.takeFault(refresh)?.kind)).toEqual(['status', 'status', 'empty'])
    expect(behaviour.takeFault(call)).toBeNull()
  })

  it('"everywhere" spares pages and the API when it strikes after the work', () => {
    const behaviour = createBehaviourSwitch({ faults: [{ kind: 'reset', at: 'everywhere', when: 'after' }] })
    expect(behaviour.takeFault(call)).toBeNull()
    expect(behaviour.takeFault({ endpoint: 'revocation', grantType: null })?.when).toBe('after')
  })
})

describe('changing', () => {
  it('keeps what is not named, also a count that is running', () => {
    const behaviour = createBehaviourSwitch({ faults: [{ kind: 'hang', times: 5 }], accessTokenSeconds: 9 })
    behaviour.takeFault(refresh)
    behaviour.change({ dateSkewMs: 1000 })
    expect(behaviour.now()).toMatchObject({
      accessTokenSeconds: 9,
      dateSkewMs: 1000,
      faults: [{ kind: 'hang', times: 4 }],
    })
  })

  it.each([
    [null],
    ['accessTokenSeconds'],
    [[{}]],
    [{ accessTokenSeconds: 1.5 }],
    [{ unknown: true }],
    [{ faults: [{ kind: 'explode' }] }],
    [{ faults: [{ kind: 'torn', when: 'before' }] }],
    [{ outage: { kind: 'refused', forMs: -1 } }],
  ])('refuses %j and stays as it was', (change) => {
    const behaviour = createBehaviourSwitch()
    const before = behaviour.now()
    expect(() => behaviour.change(change)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(behaviour.now()).toEqual(before)
  })
})

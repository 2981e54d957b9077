import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from '../../../electron/core/bounded-map.ts'

test('beyond the limit the entry that was set longest ago is dropped', () => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2).set('c', 3)
  expect([...map]).toEqual([
    ['b', 2],
    ['c', 3],
  ])
})

test('setting a key again makes it the newest and drops nothing; reading does neither', () => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2).set('a', 3)
  expect([...map.keys()]).toEqual(['b', 'a'])
  expect(map.get('b')).toBe(2)
  expect([...map.set('c', 4).keys()]).toEqual(['a', 'c'])
})

test('it holds exactly what was set last, whatever is set and deleted', () => {
  const key = fc.integer({ min: 0, max: 8 })
  const steps = fc.array(fc.oneof(fc.record({ set: key }), fc.record({ delete: key })))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), steps, (limit, all) => {
      const map = new BoundedMap<number, number>(limit)
      let expected: number[] = []
      for (const step of all) {
        if ('set' in step) map.set(step.set, step.set)
        else map.delete(step.delete)
        const named = 'set' in step ? step.set : step.delete
        expected = expected.filter((each) => each !== named)
        if ('set' in step) expected = [...expected, step.set].slice(-limit)
        expect([...map.keys()]).toEqual(expected)
      }
    }),
  )
})

import { expect, test } from 'vitest'
import { createCsrfToken, hashWithCsrfToken } from '../../../../renderer/host/web-host.ts'

function browser(hash: string, kept: Record<string, string> = {}, storage: 'works' | 'refused' = 'works') {
  const location = { hash, pathname: '/' }
  const window = {
    location,
    history: {
      replaceState: (_state: null, _title: string, to: string) => (location.hash = to === '/' ? '' : to),
    },
    get localStorage() {
      if (storage === 'refused') throw new Error('denied')
      return {
        getItem: (key: string) => kept[key] ?? null,
        setItem: (key: string, value: string) => (kept[key] = value),
      }
    },
  } as unknown as Window
  return { window, kept, location }
}

test('the proof of a launch link leaves the address at once, and is kept when it has worked', () => {
  const { window, kept, location } = browser('#window=fresh')
  const proof = createCsrfToken(window)
  expect(location.hash).toBe('')
  expect(proof.current()).toBe('fresh')
  expect(kept).toEqual({})
  proof.worked('fresh')
  expect(kept).toEqual({ 'keyway.window': 'fresh' })
  expect(createCsrfToken(browser('', kept).window).current()).toBe('fresh')
})

test('a made-up one that a page led the browser to does not sign the window out', () => {
  const { window, kept, location } = browser('#window=made-up~/apps', { 'keyway.window': 'mine' })
  const proof = createCsrfToken(window)
  expect(location.hash).toBe('#/apps')
  expect(proof.refused('made-up')).toBe(true)
  expect(proof.current()).toBe('mine')
  expect(proof.refused('mine')).toBe(false)
  expect(kept).toEqual({ 'keyway.window': 'mine' })
})

test('it goes along to another port, and the place with it', () => {
  const { window } = browser('#/settings/server', { 'keyway.window': 'mine' })
  const there = browser(hashWithCsrfToken(window))
  expect(createCsrfToken(there.window).current()).toBe('mine')
  expect(there.location.hash).toBe('#/settings/server')
})

test('a browser that refuses storage has a window until it is reloaded', () => {
  const { window } = browser('#window=fresh', {}, 'refused')
  const proof = createCsrfToken(window)
  proof.worked('fresh')
  expect(proof.current()).toBe('fresh')
})

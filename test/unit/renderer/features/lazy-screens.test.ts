import { expect, test, vi } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { loadFromKeyway } from '../../../../renderer/features/shell/lazy-screens.ts'
import type { WindowState } from '../../../../renderer/stores/window-store.ts'

const gone = new TypeError('Failed to fetch dynamically imported module')

/** A window whose next question to Keyway finds the given state of the link. */
function windowThatFinds(found: WindowState['link']) {
  const store = createStore<WindowState>(() => ({ link: 'online', snapshot: null, failure: null }))
  return { ...store, reload: () => Promise.resolve(store.setState({ link: found })) }
}

test('a chunk that is missing while Keyway does not answer is loaded when it answers again', async () => {
  const window = windowThatFinds('offline')
  const fetch = vi.fn<() => Promise<string>>().mockRejectedValueOnce(gone).mockResolvedValueOnce('chunk')
  const loaded = loadFromKeyway(window, fetch)
  await expect.poll(() => window.getState().link).toBe('offline')
  window.setState({ link: 'connecting' })
  expect(fetch).toHaveBeenCalledTimes(1)
  window.setState({ link: 'online' })
  expect(await loaded).toBe('chunk')
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('a chunk that is missing although Keyway answers is an error', async () => {
  const fetch = vi.fn<() => Promise<string>>().mockRejectedValue(gone)
  await expect(loadFromKeyway(windowThatFinds('online'), fetch)).rejects.toBe(gone)
  expect(fetch).toHaveBeenCalledTimes(1)
})

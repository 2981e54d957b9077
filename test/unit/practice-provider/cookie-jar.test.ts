import { describe, expect, it } from 'vitest'
import { createCookieJar } from '../../support/robot-browser.ts'

const at = (path: string, host = '127.0.0.1:1'): URL => new URL(`http://${host}${path}`)

describe('the cookie jar', () => {
  it('sends a cookie back to its host and path only, longer paths first', () => {
    const jar = createCookieJar()
    jar.take(at('/auth'), ['whole=1; path=/; httponly', 'part=2; path=/interaction/abc; SameSite=Lax'])
    expect(jar.header(at('/interaction/abc'))).toBe('part=2; whole=1')
    expect(jar.header(at('/interaction/abcd'))).toBe('whole=1')
    expect(jar.header(at('/', 'localhost:1'))).toBeNull()
  })

  it('replaces, deletes and lets run out', () => {
    const jar = createCookieJar()
    jar.take(at('/'), ['a=1; path=/'])
    jar.take(at('/'), [
      'a=2; path=/',
      'b=1; path=/; max-age=0',
      'c=1; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ])
    expect(jar.header(at('/'))).toBe('a=2')
    jar.take(at('/'), ['a=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(jar.header(at('/'))).toBeNull()
  })

  it('takes the folder of the page when no path is given, and ignores what is no cookie', () => {
    const jar = createCookieJar()
    jar.take(at('/device/auth'), ['a=b=c', 'nonsense', '=empty'])
    expect(jar.header(at('/device/other'))).toBe('a=b=c')
    expect(jar.header(at('/elsewhere'))).toBeNull()
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { presets } from '../../../../shared/presets/presets.ts'

const room = new URL('../../../../electron/core/oauth/', import.meta.url).pathname
const sources = readdirSync(room, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(room, name), 'utf8') }))

describe('the OAuth room', () => {
  it('loads the protocol library at first use, so that start-up does not pay for it', () => {
    const eager = /^import (?!type\b)[^;]*? from '(?:openid-client|oauth4webapi|jose)[^']*'/m
    expect(sources.filter(({ text }) => eager.test(text)).map(({ name }) => name)).toEqual([])
    expect(
      sources.filter(({ text }) => text.includes("import('openid-client')")).map(({ name }) => name),
    ).toEqual(['transport/openid-client.ts'])
  })

  it('knows no provider by name: all behaviour is data', () => {
    const names = new Set(
      presets.flatMap(({ slug, name }) => [slug, name.toLowerCase()]).filter((name) => name.length > 3),
    )
    const quoted = sources.flatMap(({ name, text }) => {
      const strings = [...text.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].map((match) =>
        (match[1] ?? match[2] ?? match[3] ?? '').toLowerCase(),
      )
      return strings.filter((one) => names.has(one)).map((one) => `${name}: ${one}`)
    })
    expect(quoted.filter((found) => !/: (?:oauth2|oidc|basic|box|x)$/.test(found))).toEqual([])
  })
})

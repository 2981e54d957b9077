import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../../electron/core/logging/logger.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the log', () => {
  it('writes one JSON line an event, with time, level, message and fields', () => {
    const file = join(tempFolder(), 'keyway.log')
    const logger = createLogger({ file, clock: createFakeClock() })
    logger.debug('not at this level')
    logger.info('started', { port: 7317 })
    logger.error('failed', { message: 'mine', level: 'mine', error: new KeywayError('disk_full') })
    logger.close()
    logger.close()
    logger.info('after the end')
    expect(linesOf(file)).toMatchObject([
      { level: 'info', time: '2026-11-21T12:00:00.000Z', message: 'started', port: 7317 },
      {
        level: 'error',
        message: 'failed',
        message_: 'mine',
        level_: 'mine',
        error: { name: 'KeywayError', code: 'disk_full' },
      },
    ])
  })

  it('lets no secret through, by whatever way it comes', () => {
    const canary = 'cAnAry7Secret'
    const file = join(tempFolder(), 'keyway.log')
    const mirrored: string[] = []
    const logger = createLogger({ file, clock: createFakeClock(), mirror: (line) => mirrored.push(line) })
    const cause = Object.assign(new Error(`got Bearer ${canary}`), { headers: { Authorization: canary } })
    logger.info(`callback http://127.0.0.1:7317/oauth2/callback?code=${canary}`, {
      refreshToken: canary,
      secret: new Secret(canary),
      request: { headers: new Headers({ cookie: canary }), body: `refresh_token=${canary}` },
      error: new KeywayError('provider_error', { details: { password: canary }, cause }),
    })
    logger.warn(`password=${canary}`)
    logger.close()
    expect(readFileSync(file, 'utf8')).not.toContain(canary)
    expect(mirrored).toHaveLength(2)
    expect(mirrored.join('')).not.toContain(canary)
  })

  it('marks a secret by its fingerprint, and goes on without when none can be made', () => {
    const file = join(tempFolder(), 'keyway.log')
    let locked = false
    const fingerprint = (): string => {
      if (locked) throw new KeywayError('vault_locked')
      return '0123456789ab'
    }
    const logger = createLogger({ file, clock: createFakeClock(), fingerprint })
    logger.info('rotated', { to: new Secret('a') })
    locked = true
    logger.info('rotated', { to: new Secret('a') })
    logger.close()
    expect(linesOf(file).map(({ to }) => to)).toEqual(['[secret 0123456789ab]', '[secret]'])
  })

  it.skipIf(process.platform === 'win32')(
    'is readable by its owner alone, even if an earlier file was not',
    () => {
      const file = join(tempFolder(), 'keyway.log')
      writeFileSync(file, '')
      chmodSync(file, 0o644)
      const logger = createLogger({ file, clock: createFakeClock() })
      logger.info('x')
      logger.close()
      expect(statSync(file).mode & 0o777).toBe(0o600)
    },
  )

  it('stays within its bound and keeps the newest lines', () => {
    const file = join(tempFolder(), 'keyway.log')
    const logger = createLogger({ file, clock: createFakeClock(), maxBytes: 10_000 })
    for (let n = 0; n < 1000; n += 1) logger.info('event', { n })
    logger.close()
    expect(statSync(file).size).toBeLessThanOrEqual(10_000)
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(10_000)
    expect(existsSync(`${file}.2`)).toBe(false)
    const kept = [...linesOf(`${file}.1`), ...linesOf(file)].map(({ n }) => n)
    expect(kept.at(-1)).toBe(999)
    expect(kept).toEqual(Array.from(kept, (_, at) => 1000 - kept.length + at))
  })

  it('never throws where nothing can be written, and says afterwards how much is missing', () => {
    const folder = tempFolder()
    const file = join(folder, 'later', 'keyway.log')
    const logger = createLogger({ file, clock: createFakeClock() })
    logger.info('lost')
    logger.info('lost too')
    expect(existsSync(file)).toBe(false)
    mkdirSync(join(folder, 'later'))
    logger.info('written')
    logger.close()
    expect(linesOf(file)).toMatchObject([
      { level: 'warn', message: '2 lines could not be written before this one' },
      { message: 'written' },
    ])
  })
})

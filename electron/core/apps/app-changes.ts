// An app record made, changed, or given another key. Pure but for the new key's randomness.
import type { AppInput, AppPatch, AppRecord } from '../../../shared/contract/app.ts'
import { newId } from '../ids.ts'
import { newAppKey, type AppKeyRecord } from './app-keys.ts'

const MOST_KEYS = 10

export function newApp(input: AppInput, now: number): { app: AppRecord; key: string } {
  const { key, record } = newAppKey(now)
  const app: AppRecord = {
    ...input,
    id: newId('app'),
    paused: false,
    keys: [record],
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
  }
  return { app, key }
}

export function changedApp(app: AppRecord, patch: AppPatch, now: number): AppRecord {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  return { ...app, ...given, updatedAt: now }
}

/** A new key beside the old ones, which end after the overlap. */
export function withNewKey(
  app: AppRecord,
  overlapMinutes: number,
  now: number,
): { app: AppRecord; key: string } {
  const { key, record } = newAppKey(now)
  const endsAt = now + overlapMinutes * 60_000
  const ending: AppKeyRecord[] = []
  for (const old of app.keys) {
    const end = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, endsAt)
    if (end > now) ending.push({ ...old, expiresAt: end })
  }
  return { app: { ...app, keys: [...ending.slice(1 - MOST_KEYS), record], updatedAt: now }, key }
}

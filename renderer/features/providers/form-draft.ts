import { useEffect } from 'react'
import type { UseFormReturn } from 'react-hook-form'

/** Never kept anywhere: secrets. */
const SECRET_FIELDS = ['clientSecret'] as const
const placeOf = (key: string): string => `keyway:draft:${key}`

/** Keeps what is typed over a reload or a locked vault, in this tab only and without secrets. */
export function useKeepDraft(form: UseFormReturn, key: string | null): void {
  useEffect(() => {
    if (key === null) return undefined
    return form.subscribe({
      formState: { values: true },
      callback: ({ values }) => {
        const plain = Object.entries(values).filter(
          ([name]) => !SECRET_FIELDS.some((secret) => secret === name),
        )
        sessionStorage.setItem(placeOf(key), JSON.stringify(Object.fromEntries(plain)))
      },
    })
  }, [form, key])
}

export function forgetDraft(key: string | null): void {
  if (key !== null) sessionStorage.removeItem(placeOf(key))
}

/** What was typed before, or null. */
export function readDraft(key: string | null): Record<string, unknown> | null {
  const kept = key === null ? null : sessionStorage.getItem(placeOf(key))
  if (kept === null) return null
  try {
    const parsed: unknown = JSON.parse(kept)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    // Not ours, or cut off: there is nothing to restore.
    return null
  }
}

import { useEffect, useState } from 'react'
import type { UseFormReturn } from 'react-hook-form'

/** Never kept anywhere: secrets. */
const SECRET_FIELDS = ['clientSecret'] as const

/** Keeps what is typed over a reload or a locked vault, in this tab only and without secrets. */
export function useFormDraft(
  form: UseFormReturn,
  key: string | null,
): { restored: boolean; forget: () => void } {
  const [restored, setRestored] = useState(false)
  const place = key === null ? null : `keyway:draft:${key}`

  useEffect(() => {
    if (place === null) return undefined
    const kept = readDraft(place)
    if (kept !== null) {
      form.reset({ ...form.getValues(), ...kept }, { keepDefaultValues: true })
      setRestored(true)
    }
    const { unsubscribe } = form.watch((values) => {
      const plain = Object.fromEntries(
        Object.entries(values).filter(([name]) => !SECRET_FIELDS.some((secret) => secret === name)),
      )
      sessionStorage.setItem(place, JSON.stringify(plain))
    })
    return unsubscribe
  }, [form, place])

  return {
    restored,
    forget: () => {
      if (place !== null) sessionStorage.removeItem(place)
    },
  }
}

function readDraft(place: string): Record<string, unknown> | null {
  const kept = sessionStorage.getItem(place)
  if (kept === null) return null
  try {
    const parsed: unknown = JSON.parse(kept)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    // Not ours, or cut off: there is nothing to restore.
    return null
  }
}

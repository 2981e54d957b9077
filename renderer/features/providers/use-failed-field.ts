import { useEffect } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import { text } from '../../lib/text.ts'

const words = text.add.form

/** A failure that names a field of the form stands at that field too, and takes the person there. */
export function useFailedField(form: UseFormReturn, failure: ErrorBody | null): void {
  useEffect(() => {
    const named = failure?.['field']
    if (failure === null || typeof named !== 'string') return
    const name = named.replace(/^(?:input|patch)\./, '')
    if (form.getValues(name) === undefined) return
    form.setError(name, { type: 'core', message: failure.message }, { shouldFocus: true })
  }, [form, failure])
}

/** Takes a person who was sent here for one field to it, and says what it lacks. */
export function useSoughtField(form: UseFormReturn, name: string | undefined): void {
  useEffect(() => {
    if (name === undefined || form.getValues(name) === undefined) return undefined
    const isMissing = form.getValues(name) === ''
    const message = { clientId: words.clientIdNeeded, clientSecret: words.clientSecretNeeded }[name]
    if (isMissing && message !== undefined) form.setError(name, { type: 'sought', message })
    // After the screen has given the focus to its title.
    const frame = requestAnimationFrame(() => form.setFocus(name, { shouldSelect: true }))
    return () => cancelAnimationFrame(frame)
  }, [form, name])
}

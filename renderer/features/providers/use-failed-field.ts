import { useEffect } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import type { ErrorBody } from '../../../shared/contract/errors.ts'

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

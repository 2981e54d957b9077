import { Check } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { slugSchema } from '../../../shared/contract/slug.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { firstMessage, nextFreeSlug, slugFrom } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import { usePresets, useSnapshot } from '../../stores/window-context.tsx'
import { FormText } from './form-fields.tsx'

const words = text.add.form

/** The name, and the slug that is derived from it until the person types one. */
export function IdentityFields({ mode }: { mode: 'new' | 'edit' }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <FormText name="name" label={words.name} placeholder={words.namePlaceholder} empty="text" required />
      {mode === 'new' ? <NewSlug /> : <FixedSlug />}
    </div>
  )
}

function FixedSlug() {
  const slug = String(useWatch({ name: 'slug' }))
  return (
    <Field label={words.slug} hint={words.slugFixed}>
      {(ids) => <TextInput {...ids} mono readOnly value={slug} />}
    </Field>
  )
}

function useAvailability(): (slug: string) => 'free' | 'taken' | 'reserved' {
  const { providers } = useSnapshot()
  const { presets } = usePresets()
  const preset = useWatch({ name: 'preset' }) as string | null
  return (slug) =>
    slugAvailability(slug, {
      preset,
      presetSlugs: (presets ?? []).map((each) => each.slug),
      takenSlugs: providers.map((provider) => provider.slug),
    })
}

function NewSlug() {
  const { setValue, formState, clearErrors } = useFormContext()
  const name = String(useWatch({ name: 'name' }))
  const slug = String(useWatch({ name: 'slug' }))
  const preset = useWatch({ name: 'preset' }) as string | null
  const availability = useAvailability()
  const touched = useRef(slug !== '')

  const suggestion = nextFreeSlug(
    preset === null || availability(preset) !== 'free' ? slugFrom(preset ?? name) : preset,
    (each) => availability(each) === 'free',
  )
  useEffect(() => {
    if (touched.current) return
    setValue('slug', suggestion)
    // "A slug is needed." referred to the empty field.
    if (suggestion !== '') clearErrors('slug')
  }, [setValue, clearErrors, suggestion])

  const state = slug === '' ? 'free' : availability(slug)
  const live =
    state === 'taken'
      ? words.slugTaken
      : state === 'reserved'
        ? words.slugReserved
        : shapeProblem(slug, preset)
  const error = live ?? firstMessage(formState.errors['slug'])
  return (
    <Field
      label={words.slug}
      hint={<SlugHint free={slug !== '' && live === undefined} />}
      error={error}
      required
    >
      {(ids) => (
        <TextInput
          {...ids}
          mono
          value={slug}
          maxLength={63}
          onChange={(event) => {
            touched.current = event.target.value !== ''
            clearErrors('slug')
            setValue('slug', event.target.value, { shouldDirty: true })
          }}
        />
      )}
    </Field>
  )
}

function shapeProblem(slug: string, preset: string | null): string | undefined {
  if (slug === '' || slug === preset) return undefined
  const checked = slugSchema.safeParse(slug)
  return checked.success ? undefined : checked.error.issues[0]?.message
}

function SlugHint({ free }: { free: boolean }) {
  return (
    <span className="flex items-center gap-1">
      {free && (
        <>
          <Check aria-hidden="true" className="text-ok size-3.5" />
          <span className="text-ok font-medium">{words.slugFree}.</span>
        </>
      )}
      {words.slugHint}
    </span>
  )
}

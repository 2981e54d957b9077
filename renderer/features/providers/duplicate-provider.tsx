import { cleanName } from '../../../shared/contract/name.ts'
import { useState } from 'react'
import { toast } from 'sonner'
import type { ProviderInputDraft, ProviderView } from '../../../shared/contract/provider.ts'
import { slugSchema } from '../../../shared/contract/slug.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import { Button } from '../../components/input/button.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { nextFreeSlug } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { usePresets, useSnapshot } from '../../stores/window-context.tsx'

const words = text.providers.copy

function copyOf(provider: ProviderView, slug: string): ProviderInputDraft {
  const { preset, clientId, scopes, secondaryScopes, parameters, allowedHosts, privateHosts } = provider
  const { redirect, redirectHost, flow, extraCa, overrides: spec } = provider
  const client = { preset, clientId, scopes, secondaryScopes, parameters, allowedHosts, privateHosts }
  return {
    ...client,
    redirect,
    redirectHost,
    flow,
    extraCa,
    spec,
    slug,
    name: cleanName(words.name(provider.name)),
  }
}

/** The same settings under another slug; without the secret, which cannot be read. */
export function DuplicateProvider({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { providers } = useSnapshot()
  const { presets } = usePresets()
  const known = {
    preset: provider.preset,
    presetSlugs: (presets ?? []).map(({ slug }) => slug),
    takenSlugs: providers.map(({ slug }) => slug),
  }
  const isFree = (slug: string): boolean => slugAvailability(slug, known) === 'free'
  const [slug, setSlug] = useState(() => nextFreeSlug(provider.slug.replaceAll('_', '-'), isFree))
  const create = useCall('providers.create')
  const shape = slugSchema.safeParse(slug)
  const problem = !shape.success
    ? shape.error.issues[0]?.message
    : isFree(slug)
      ? undefined
      : text.add.form.slugTaken

  const submit = async (): Promise<void> => {
    if (problem !== undefined) return
    const made = await create.run(copyOf(provider, slug))
    if (made === null) return
    toast.success(provider.hasClientSecret ? words.doneSecret(made.value.name) : words.done(made.value.name))
    onClose()
    navigate({ name: 'provider', id: made.value.id, tab: 'edit' })
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title(provider.name)}
      description={words.lead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" type="submit" form="duplicate" pending={create.pending}>
            {text.providers.duplicate}
          </Button>
        </>
      }
    >
      <form
        id="duplicate"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field label={text.add.form.slug} hint={text.add.form.slugHint} error={problem} required>
          {(ids) => (
            <TextInput {...ids} mono value={slug} onChange={(event) => setSlug(event.target.value)} />
          )}
        </Field>
        <Failure failure={create.failure} />
      </form>
    </Dialog>
  )
}

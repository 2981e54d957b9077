import { useState } from 'react'
import { toast } from 'sonner'
import type { ProviderInputDraft, ProviderView } from '../../../shared/contract/provider.ts'
import { Button } from '../../components/input/button.tsx'
import { Callout } from '../../components/feedback/callout.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { usePresets } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { ProviderForm } from './provider-form.tsx'
import { valuesOf } from './provider-form-values.ts'

const words = text.add.form

/** The slug and the preset cannot change; a stored secret stays unless another one is typed. */
export function EditProvider({ provider, field }: { provider: ProviderView; field?: string | undefined }) {
  const { presets, bySlug } = usePresets()
  const [version, setVersion] = useState(0)
  const [reauthorise, setReauthorise] = useState(false)
  const update = useCall('providers.update')
  // Without the preset catalog the form would mistake a preset's values for the person's.
  if (presets === null) return null

  const submit = async ({
    slug: _slug,
    preset: _preset,
    spec,
    ...rest
  }: ProviderInputDraft): Promise<boolean> => {
    const answer = await update.run({ id: provider.id, patch: { ...rest, spec: spec ?? {} } })
    if (answer === null) return false
    setReauthorise(answer.value.reauthorise)
    setVersion(version + 1)
    toast.success(words.saved(answer.value.provider.name))
    return true
  }

  return (
    <>
      {reauthorise && <SignInAnew providerId={provider.id} />}
      <ProviderForm
        key={version}
        mode="edit"
        preset={provider.preset === null ? null : (bySlug.get(provider.preset) ?? null)}
        values={valuesOf(provider)}
        draftKey={`edit:${provider.id}`}
        failure={update.failure}
        onSubmit={submit}
        field={field}
        footer={
          <>
            {update.slow && <Button onClick={update.leave}>{text.common.stopWaiting}</Button>}
            <Button type="submit" look="primary" pending={update.pending}>
              {words.save}
            </Button>
          </>
        }
      />
    </>
  )
}

function SignInAnew({ providerId }: { providerId: string }) {
  const signIn = useStartSignIn()
  return (
    <div className="mb-6">
      <Callout
        tone="wait"
        title={words.reauthorise}
        live="polite"
        actions={
          <Button
            size="sm"
            look="primary"
            pending={signIn.pending}
            onClick={() => void signIn.start({ providerId })}
          >
            {words.reauthoriseAction}
          </Button>
        }
      />
    </div>
  )
}

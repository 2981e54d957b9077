import { useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Page } from '../../components/layout/page.tsx'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { usePresets } from '../../stores/window-context.tsx'
import { ProviderForm } from '../providers/provider-form.tsx'
import { freshValues } from '../providers/provider-form-values.ts'
import { NothingHere } from '../shell/nothing-here.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'

const words = text.add.form

export function RegisterProvider({ presetSlug }: { presetSlug: string | null }) {
  const { presets, bySlug } = usePresets()
  if (presets === null) return <Waiting />
  const preset = presetSlug === null ? null : (bySlug.get(presetSlug) ?? null)
  if (presetSlug !== null && preset === null) return <NothingHere title={words.presetGone} />
  return <NewProvider preset={preset} draft={null} draftKey={`provider:${presetSlug ?? ''}`} />
}

type NewProviderProps = { preset: Preset | null; draft: ProviderInputDraft | null; draftKey: string | null }

type Wanted = 'save' | 'sign-in'

/** Registers the provider, then starts the sign-in at once. */
export function NewProvider({ preset, draft, draftKey }: NewProviderProps) {
  const create = useCall('providers.create')
  const signIn = useStartSignIn()
  // Enter in a field presses the primary button, as browsers do: register and sign in. Only "Save" registers
  // alone.
  const wanted = useRef<Wanted>('sign-in')
  const [under, setUnder] = useState<Wanted | null>(null)
  const values = useMemo(() => freshValues(preset, draft ?? {}), [preset, draft])

  const submit = async (input: ProviderInputDraft): Promise<boolean> => {
    setUnder(wanted.current)
    const made = await create.run(input)
    if (made === null) return false
    toast.success(words.saved(made.value.name))
    if (wanted.current === 'save' || !(await signIn.start({ providerId: made.value.id }))) {
      navigate({ name: 'provider', id: made.value.id, tab: 'overview' })
    }
    return true
  }

  return (
    <Page
      title={preset === null ? words.titleCustom : words.titlePreset(preset.name)}
      subtitle={words.subtitle}
      lead={preset === null ? undefined : <ProviderIcon icon={preset.icon} name={preset.name} size="lg" />}
      back={{ href: hrefOf({ name: 'add', query: '' }), label: text.add.backToAdd }}
      width="narrow"
    >
      <ProviderForm
        mode="new"
        preset={preset}
        values={values}
        draftKey={draftKey}
        failure={create.failure}
        onSubmit={submit}
        purpose={() => (wanted.current === 'save' ? 'store' : 'sign-in')}
        footer={
          <SaveButtons
            slow={create.slow}
            pending={create.pending ? under : signIn.pending ? 'sign-in' : null}
            onLeave={create.leave}
            onWant={(want) => {
              wanted.current = want
            }}
          />
        }
      />
    </Page>
  )
}

type SaveButtonsProps = {
  slow: boolean
  pending: Wanted | null
  onLeave: () => void
  onWant: (want: Wanted) => void
}

function SaveButtons({ slow, pending, onLeave, onWant }: SaveButtonsProps) {
  return (
    <>
      <a href={hrefOf({ name: 'add', query: '' })} className={`${buttonClasses('ghost', 'md')} mr-auto`}>
        {text.common.cancel}
      </a>
      {slow && <Button onClick={onLeave}>{text.common.stopWaiting}</Button>}
      <Button
        pending={pending === 'save'}
        onClick={(event) => {
          onWant('save')
          event.currentTarget.form?.requestSubmit()
        }}
      >
        {words.save}
      </Button>
      <Button type="submit" look="primary" pending={pending === 'sign-in'} onClick={() => onWant('sign-in')}>
        {words.saveAndSignIn}
      </Button>
    </>
  )
}

function Waiting() {
  return (
    <Page title={words.titleCustom} width="narrow">
      <div role="status" aria-label={text.common.loading} className="flex flex-col gap-4">
        <Skeleton className="h-8" />
        <Skeleton className="h-8" />
        <Skeleton className="h-24" />
      </div>
    </Page>
  )
}

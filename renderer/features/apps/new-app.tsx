import { useState } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Page } from '../../components/layout/page.tsx'
import type { AppInput } from '../../../shared/contract/app.ts'
import { hrefOf, type AppNeed } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { forgetDraft, readDraft, useKeepDraft } from '../providers/provider-form-values.ts'
import { appDraft, AppFields, freshGrant, useAppForm } from './app-form.tsx'
import { KeyDialog, type FreshKey } from './key-dialog.tsx'

type NewAppProps = { connectionId?: string | undefined; needs?: AppNeed | undefined }

/** Creates an app with a key. The context of the link is filled in; the person chooses the rest. */
export function NewApp({ connectionId, needs }: NewAppProps) {
  const { connections } = useSnapshot()
  const draftKey = `app:${connectionId ?? ''}:${needs ?? ''}`
  const [kept] = useState(() => appDraft.safeParse(readDraft(draftKey)).data ?? null)
  const form = useAppForm({
    name: '',
    grants: [freshGrant(connections, { connectionId, needs })],
    manage: false,
    approve: false,
    origins: [],
    ...kept,
  })
  useKeepDraft(form as unknown as UseFormReturn, draftKey)
  const create = useCall('apps.create')
  const [fresh, setFresh] = useState<FreshKey | null>(null)

  const submit = async (input: AppInput): Promise<void> => {
    const made = await create.run(input)
    if (made === null) return
    forgetDraft(draftKey)
    setFresh(made.value)
  }
  const back = { href: hrefOf({ name: 'apps' }), label: text.apps.back }

  return (
    <Page title={text.apps.newTitle} subtitle={text.apps.newSubtitle} back={back} width="narrow">
      <form
        aria-label={text.apps.newTitle}
        noValidate
        onSubmit={(event) => void form.handleSubmit(submit)(event)}
        className="flex flex-col gap-5"
      >
        {kept !== null && <Callout tone="info" title={text.apps.restored} />}
        <AppFields form={form} />
        <Failure failure={create.failure} />
        <div className="border-line flex justify-end gap-2 border-t pt-4">
          <a
            href={back.href}
            onClick={() => forgetDraft(draftKey)}
            className={buttonClasses('secondary', 'md')}
          >
            {text.common.cancel}
          </a>
          <Button look="primary" type="submit" pending={create.pending}>
            {text.apps.create}
          </Button>
        </div>
      </form>
      {fresh !== null && (
        <KeyDialog fresh={fresh} onSaved={() => navigate({ name: 'app', id: fresh.app.id })} />
      )}
    </Page>
  )
}

import { useState } from 'react'
import { Button, buttonClasses } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Page } from '../../components/page.tsx'
import type { AppInput } from '../../../shared/contract/app.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { AppFields, freshGrant, useAppForm } from './app-form.tsx'
import { KeyDialog, type FreshKey } from './key-dialog.tsx'

export function NewApp() {
  const { connections } = useSnapshot()
  const form = useAppForm({
    name: '',
    grants: [freshGrant(connections.map(({ id }) => id))],
    manage: false,
    approve: false,
    origins: [],
  })
  const create = useCall('apps.create')
  const [fresh, setFresh] = useState<FreshKey | null>(null)

  const submit = async (input: AppInput): Promise<void> => {
    const made = await create.run(input)
    if (made !== null) setFresh(made.value)
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
        <AppFields form={form} />
        <Failure failure={create.failure} />
        <div className="border-line flex justify-end gap-2 border-t pt-4">
          <a href={back.href} className={buttonClasses('secondary', 'md')}>
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

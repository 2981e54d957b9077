import { cleanName } from '../../../shared/contract/name.ts'
import { KeyRound, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { AppInput, AppView } from '../../../shared/contract/app.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Button } from '../../components/input/button.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Initials } from '../../components/brand/logo.tsx'
import { Card, Page, PageSection } from '../../components/layout/page.tsx'
import { SwitchRow } from '../../components/input/switch.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { NothingHere } from '../shell/nothing-here.tsx'
import { AppFields, useAppForm } from './app-form.tsx'
import { AppAllowed, AppKeys, AppNeeds, RevokeDialog, RotateDialog } from './app-keys.tsx'
import { KeyDialog, type FreshKey } from './key-dialog.tsx'

const words = text.apps.detail

export function AppScreen({ id }: { id: string }) {
  const { apps } = useSnapshot()
  const app = apps.find((each) => each.id === id)
  if (app === undefined) return <NothingHere title={text.apps.gone} />
  return <Details app={app} />
}

function Details({ app }: { app: AppView }) {
  const [asking, setAsking] = useState<'rotate' | 'revoke' | null>(null)
  const [fresh, setFresh] = useState<FreshKey | null>(null)
  return (
    <Page
      title={app.name}
      lead={
        <Initials name={app.name} className="grid size-11 shrink-0 place-items-center rounded-lg text-base" />
      }
      subtitle={app.paused ? <Badge tone="wait">{text.apps.paused}</Badge> : undefined}
      back={{ href: hrefOf({ name: 'apps' }), label: text.apps.back }}
      actions={
        <>
          <Button icon={<KeyRound />} onClick={() => setAsking('rotate')}>
            {words.rotate}
          </Button>
          <Button look="danger-ghost" icon={<Trash2 />} onClick={() => setAsking('revoke')}>
            {words.revoke}
          </Button>
        </>
      }
    >
      <AppNeeds app={app} />
      <AppAllowed app={app} />
      <Pause app={app} />
      <Permissions app={app} />
      <PageSection
        title={words.keys}
        actions={
          <a
            href={hrefOf({ name: 'activity', filter: { appId: app.id } })}
            className="text-accent text-xs font-medium hover:underline"
          >
            {words.activity}
          </a>
        }
      >
        <AppKeys app={app} />
      </PageSection>
      {asking === 'rotate' && <RotateDialog app={app} onClose={() => setAsking(null)} onFresh={setFresh} />}
      {asking === 'revoke' && <RevokeDialog app={app} onClose={() => setAsking(null)} />}
      {fresh !== null && <KeyDialog fresh={fresh} onSaved={() => setFresh(null)} />}
    </Page>
  )
}

function Pause({ app }: { app: AppView }) {
  const update = useCall('apps.update')
  const toggle = async (paused: boolean): Promise<void> => {
    const answer = await update.run({ id: app.id, patch: { paused } })
    if (answer === null) return
    toast.success(paused ? words.pausedToast(app.name) : words.resumedToast(app.name), {
      action: { label: text.common.undo, onClick: () => void toggle(!paused) },
    })
  }
  return (
    <Card className="flex flex-col gap-3 px-4 py-3.5">
      <SwitchRow
        label={words.pause}
        hint={words.pauseHint}
        checked={app.paused}
        disabled={update.pending}
        onChange={(paused) => void toggle(paused)}
      />
      <Failure failure={update.failure} />
    </Card>
  )
}

function Permissions({ app }: { app: AppView }) {
  const form = useAppForm({
    name: cleanName(app.name),
    grants: app.grants,
    manage: app.manage,
    approve: app.approve,
    origins: app.origins,
    authProviders: app.authProviders,
  })
  const update = useCall('apps.update')
  const { isDirty } = form.formState

  const submit = async (input: AppInput): Promise<void> => {
    const { name, grants, manage, approve, origins } = input
    const answer = await update.run({ id: app.id, patch: { name, grants, manage, approve, origins } })
    if (answer === null) return
    form.reset(input)
    toast.success(text.apps.savedToast(name))
  }

  return (
    <PageSection title={words.permissions}>
      <form
        aria-label={words.permissions}
        noValidate
        onSubmit={(event) => void form.handleSubmit(submit)(event)}
        className="flex flex-col gap-5"
      >
        <AppFields form={form} />
        <Failure failure={update.failure} />
        {isDirty && (
          <div className="border-line bg-raised shadow-pop animate-rise sticky bottom-4 z-10 flex flex-wrap items-center gap-2 rounded-lg px-4 py-2.5">
            <p role="status" className="text-muted min-w-0 flex-1 text-sm">
              {text.apps.changed}
            </p>
            <Button onClick={() => form.reset()}>{text.apps.discard}</Button>
            <Button look="primary" type="submit" pending={update.pending}>
              {text.apps.saveChanges}
            </Button>
          </div>
        )}
      </form>
    </PageSection>
  )
}

// The hosts that a provider's tokens may be sent to: the API's own, and those that the person adds.
import { House, Plus, ShieldCheck, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { toast } from 'sonner'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { ConfirmDialog } from '../../components/feedback/dialog.tsx'
import { Button } from '../../components/input/button.tsx'
import { Checkbox } from '../../components/input/checkbox.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Card } from '../../components/layout/page.tsx'
import {
  apiHosts,
  hostFrom,
  type HostLists,
  type ListedHost,
  listedHosts,
  looksPrivate,
  withHost,
  withoutHost,
} from '../../lib/credential-hosts.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.providers.hosts

/** In the form: what is asked before the first sign-in. */
export function HostsField() {
  const { setValue } = useFormContext()
  const spec = useWatch({ name: 'spec' }) as Pick<ProviderSpec, 'api' | 'endpoints' | 'account'>
  const lists: HostLists = {
    allowedHosts: (useWatch({ name: 'allowedHosts' }) as string[] | undefined) ?? [],
    privateHosts: (useWatch({ name: 'privateHosts' }) as string[] | undefined) ?? [],
  }
  const write = ({ allowedHosts, privateHosts }: HostLists): void => {
    setValue('allowedHosts', allowedHosts, { shouldDirty: true })
    setValue('privateHosts', privateHosts, { shouldDirty: true })
  }
  return (
    <HostsEditor fixed={apiHosts(spec)} offered={offeredHosts(spec)} lists={lists} inForm onChange={write} />
  )
}

/** Where there is no base address, the host that tells who is signed in is most likely the API's. */
function offeredHosts({ api, endpoints, account }: Pick<ProviderSpec, 'api' | 'endpoints' | 'account'>) {
  if (api.baseUrl !== null && api.baseUrl !== '') return []
  const address = account.request?.url ?? endpoints.userinfo ?? ''
  const host = address === '' || address.includes('{') ? null : hostFrom(address)
  return host === null ? [] : [host]
}

/** On the page of a connection: each change is stored at once. */
export function ProviderHosts({ provider }: { provider: ProviderView }) {
  const update = useCall('providers.update')
  const store = async (lists: HostLists): Promise<void> => {
    if ((await update.run({ id: provider.id, patch: lists })) !== null) toast.success(words.saved)
  }
  return (
    <Card className="flex flex-col gap-3 px-4 py-3.5">
      <HostsEditor
        fixed={apiHosts(provider.spec)}
        offered={[]}
        lists={provider}
        onChange={(lists) => void store(lists)}
      />
      {provider.connectionCount > 1 && (
        <p className="text-muted text-xs">{words.shared(provider.name, provider.connectionCount)}</p>
      )}
      <Failure failure={update.failure} />
    </Card>
  )
}

type EditorProps = {
  /** Always allowed. */
  fixed: readonly string[]
  offered: readonly string[]
  lists: HostLists
  inForm?: boolean
  onChange: (lists: HostLists) => void
}

function HostsEditor({ fixed, offered, lists, inForm = false, onChange }: EditorProps) {
  const listed = listedHosts(lists)
  const isListed = (host: string): boolean => listed.some((each) => each.host === host)
  const add = (host: string): void => onChange(withHost(lists, { host, isPrivate: looksPrivate(host) }))
  return (
    <div className="flex flex-col gap-2.5">
      <ul className="flex flex-wrap gap-1.5">
        {fixed.map((host) => (
          <Host key={host} host={host} icon={<ShieldCheck aria-hidden="true" className="size-3.5" />} />
        ))}
        {listed
          .filter(({ host }) => !fixed.includes(host))
          .map(({ host, isPrivate }) => (
            <Host
              key={host}
              host={host}
              icon={isPrivate && <House aria-label={words.isPrivate} className="size-3.5" />}
              onRemove={() => onChange(withoutHost(lists, host))}
            />
          ))}
      </ul>
      <AddHost addsOnBlur={inForm} onAdd={add} />
      {offered
        .filter((host) => !isListed(host))
        .map((host) => (
          <Button key={host} size="sm" icon={<Plus />} className="self-start" onClick={() => add(host)}>
            {words.offer(host)}
          </Button>
        ))}
      <PrivateHosts
        listed={listed.filter(({ host }) => !fixed.includes(host))}
        onChange={(each) => onChange(withHost(lists, each))}
      />
    </div>
  )
}

function Host({ host, icon, onRemove }: { host: string; icon?: ReactNode; onRemove?: () => void }) {
  return (
    <li className="bg-active text-ink inline-flex h-6 max-w-full items-center gap-1.5 rounded-md px-2 font-mono text-xs">
      {icon}
      <span className="truncate">{host}</span>
      {onRemove !== undefined && (
        <button
          type="button"
          aria-label={words.remove(host)}
          onClick={onRemove}
          className="text-muted hover:text-ink -mr-1 grid size-5 place-items-center rounded-sm"
        >
          <X aria-hidden="true" className="size-3" />
        </button>
      )}
    </li>
  )
}

/** `addsOnBlur`: in a form, what was typed is not lost with the press that sends it. */
function AddHost({ addsOnBlur, onAdd }: { addsOnBlur: boolean; onAdd: (host: string) => void }) {
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const add = (): void => {
    if (typed.trim() === '') return
    const host = hostFrom(typed)
    setWrong(host === null)
    if (host === null) return
    setTyped('')
    onAdd(host)
  }
  return (
    <Field label={words.add} hint={words.addHint} error={isWrong ? words.noHost : undefined} optional>
      {(ids) => (
        <div className="flex gap-2">
          <TextInput
            {...ids}
            mono
            value={typed}
            placeholder={words.example}
            onChange={(event) => {
              setTyped(event.target.value)
              setWrong(false)
            }}
            onBlur={addsOnBlur ? add : undefined}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              // It adds the host, and does not send the form.
              event.preventDefault()
              add()
            }}
          />
          <Button onClick={add}>{words.addAction}</Button>
        </div>
      )}
    </Field>
  )
}

function PrivateHosts({
  listed,
  onChange,
}: {
  listed: readonly ListedHost[]
  onChange: (host: ListedHost) => void
}) {
  if (listed.length === 0) return null
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="text-ink mb-1.5 text-sm font-medium">{words.whichPrivate}</legend>
      {listed.map(({ host, isPrivate }) => (
        <Checkbox
          key={host}
          label={host}
          checked={isPrivate}
          onChange={(next) => onChange({ host, isPrivate: next })}
        />
      ))}
    </fieldset>
  )
}

/** What a refused request misses: the host, and why, where that is known (`missing` in the failure). */
export type RefusedHost = { host: string; why: string | null }

export function missingHost(failure: Readonly<Record<string, unknown>> | null): RefusedHost | null {
  const host = failure?.['host']
  const why = failure?.['missing']
  return typeof host === 'string' && typeof why === 'string' ? { host, why } : null
}

const isPrivateOnly = ({ host, why }: RefusedHost): boolean =>
  why === 'private' || why === 'plain_http' || looksPrivate(host)

/** Offers the one thing that helps after a request was refused, and says first what it means. */
export function AllowHost({ providerId, missing }: { providerId: string; missing: RefusedHost }) {
  const { providers } = useSnapshot()
  const [isOpen, setOpen] = useState(false)
  const provider = providers.find(({ id }) => id === providerId)
  if (provider === undefined) return null
  const listed = listedHosts(provider).find(({ host }) => host === missing.host)
  if (listed !== undefined && (listed.isPrivate || !isPrivateOnly(missing))) return null
  return (
    <>
      <Button size="sm" className="self-start" onClick={() => setOpen(true)}>
        {words.allow(missing.host)}
      </Button>
      {isOpen && <AllowHostDialog provider={provider} missing={missing} onClose={() => setOpen(false)} />}
    </>
  )
}

type DialogProps = { provider: ProviderView; missing: RefusedHost; onClose: () => void }

function AllowHostDialog({ provider, missing, onClose }: DialogProps) {
  const { host } = missing
  const update = useCall('providers.update')
  const [isPrivate, setPrivate] = useState(isPrivateOnly(missing))
  const confirm = async (): Promise<void> => {
    const patch = withHost(provider, { host, isPrivate })
    if ((await update.run({ id: provider.id, patch })) === null) return
    toast.success(words.allowed(host))
    onClose()
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.allowTitle(host)}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" pending={update.pending} onClick={() => void confirm()}>
            {words.allow(host)}
          </Button>
        </>
      }
    >
      <p>{words.allowMeaning(provider.name)}</p>
      <Checkbox
        label={words.ownNetwork}
        hint={words.ownNetworkHint}
        checked={isPrivate}
        onChange={setPrivate}
      />
      <Failure failure={update.failure} />
    </ConfirmDialog>
  )
}

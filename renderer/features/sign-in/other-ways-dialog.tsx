import { useState } from 'react'
import type { z } from 'zod'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { ConnectDraft, flowKind } from '../../../shared/contract/flow.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { accountSchema } from '../../../shared/contract/slug.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button } from '../../components/input/button.tsx'
import { ChoiceCards, Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { SecretInput, TextInput } from '../../components/input/inputs.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'

const words = text.signIn.ways

type OtherWaysProps = {
  provider: ProviderView
  /** The connection to reconnect; null: a new one. */
  connection: { id: string; account: string } | null
  onClose: () => void
}

/**
 * All sign-in methods, whatever the provider's default is: with a code, without a person, or with an existing
 * token.
 */
export function OtherWaysDialog({ provider, connection, onClose }: OtherWaysProps) {
  const [typed, setTyped] = useState<TypedWay>(() => freshWay(provider.flow))
  const [submitted, setSubmitted] = useState(false)
  const { call, refused, start } = useConnect(onClose)
  const problem = wayProblem(typed)

  const submit = (): void => {
    setSubmitted(true)
    if (problem === null) void start(draftOf(typed, provider.id, connection?.id ?? null))
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={connection === null ? words.title(provider.name) : words.again(connection.account)}
      description={words.lead}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <StopWaiting call={call} />
          <Button look="primary" type="submit" form="other-ways" pending={call.pending}>
            {words.start}
          </Button>
        </>
      }
    >
      <form
        id="other-ways"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <ChoiceCards<Way>
          label={words.way}
          value={typed.way}
          onChange={(way) => setTyped({ ...typed, way })}
          choices={ways.map((value) => ({
            value,
            title: words.ways[value].title,
            description: words.ways[value].description,
          }))}
        />
        <OtherWayFields
          typed={typed}
          withName={connection === null}
          problem={submitted ? problem : null}
          onChange={(change) => setTyped({ ...typed, ...change })}
        />
        <Failure failure={call.failure ?? refused} />
      </form>
    </Dialog>
  )
}

/**
 * An immediate refusal is shown in the dialog, which still holds the token; anything else continues on the
 * sign-in's screen.
 */
function useConnect(onStarted: () => void) {
  const host = useHost()
  const call = useCall('connections.connect')
  const [refused, setRefused] = useState<ErrorBody | null>(null)
  const start = async (draft: ConnectDraft): Promise<void> => {
    setRefused(null)
    const answer = await call.run(draft)
    if (answer === null) return
    if (answer.value.kind === 'failed') {
      setRefused(answer.value.failure)
      await host.call('flows.dismiss', { id: answer.value.id })
      return
    }
    onStarted()
    navigate({ name: 'sign-in', flowId: answer.value.id })
  }
  return { call, refused, start }
}

type OtherWayFieldsProps = {
  typed: TypedWay
  withName: boolean
  problem: WayProblem | null
  onChange: (change: Partial<TypedWay>) => void
}

/** The fields that the selected method needs. */
function OtherWayFields({ typed, withName, problem, onChange }: OtherWayFieldsProps) {
  return (
    <>
      {takesToken(typed.way) && (
        <Field
          label={typed.way === 'refresh_token' ? words.refreshToken : words.accessToken}
          hint={words.tokenHint}
          error={problem?.field === 'token' ? words.tokenNeeded : undefined}
          required
        >
          {(ids) => (
            <SecretInput
              {...ids}
              value={typed.token}
              onChange={(event) => onChange({ token: event.target.value })}
            />
          )}
        </Field>
      )}
      {typed.way === 'authorization_code' && <BrowserFields typed={typed} onChange={onChange} />}
      {withName && (
        <Field
          label={text.connections.renameDialog.label}
          hint={words.accountHint}
          error={problem?.field === 'account' ? problem.message : undefined}
          optional
        >
          {(ids) => (
            <TextInput
              {...ids}
              value={typed.account}
              onChange={(event) => onChange({ account: event.target.value })}
            />
          )}
        </Field>
      )}
    </>
  )
}

function BrowserFields({ typed, onChange }: Pick<OtherWayFieldsProps, 'typed' | 'onChange'>) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={words.prompt}>
        {(ids) => (
          <Select
            {...ids}
            value={typed.prompt}
            onChange={(event) =>
              onChange({ prompt: prompts.find((each) => each === event.target.value) ?? 'any' })
            }
            options={prompts.map((value) => ({ value, label: words.prompts[value] }))}
          />
        )}
      </Field>
      <Field label={text.providers.advanced.redirect}>
        {(ids) => (
          <Select
            {...ids}
            value={typed.redirect}
            onChange={(event) =>
              onChange({ redirect: redirects.find((each) => each === event.target.value) ?? 'auto' })
            }
            options={redirects.map((value) => ({
              value,
              label: text.providers.advanced.redirectOptions[value],
            }))}
          />
        )}
      </Field>
    </div>
  )
}

// The sign-in methods as the person chooses among them, and the input that each of them sends.

const ways = [
  'authorization_code',
  'device_code',
  'client_credentials',
  'refresh_token',
  'access_token',
] as const satisfies ReadonlyArray<z.output<typeof flowKind>>
export type Way = (typeof ways)[number]
const prompts = ['any', 'select_account', 'consent', 'login'] as const
const redirects = ['auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste'] as const

export type TypedWay = {
  way: Way
  account: string
  token: string
  prompt: (typeof prompts)[number]
  redirect: (typeof redirects)[number]
}

export function freshWay(way: Way): TypedWay {
  return { way, account: '', token: '', prompt: 'any', redirect: 'auto' }
}

const takesToken = (way: Way): boolean => way === 'refresh_token' || way === 'access_token'

export type WayProblem = { field: 'token' } | { field: 'account'; message: string }

export function wayProblem({ way, token, account }: TypedWay): WayProblem | null {
  if (takesToken(way) && token.trim() === '') return { field: 'token' }
  if (account.trim() === '') return null
  const checked = accountSchema.safeParse(account.trim())
  return checked.success ? null : { field: 'account', message: checked.error.issues[0]?.message ?? '' }
}

export function draftOf(typed: TypedWay, providerId: string, connectionId: string | null): ConnectDraft {
  const { way, prompt, redirect } = typed
  const account = typed.account.trim()
  return {
    providerId,
    connectionId,
    kind: way,
    ...(connectionId === null && account !== '' ? { account } : {}),
    ...(takesToken(way) ? { token: typed.token.trim() } : {}),
    ...(way === 'authorization_code' ? { redirect, prompt: prompt === 'any' ? null : prompt } : {}),
  }
}

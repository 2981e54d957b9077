import { parseJsonAsWritten } from '../../../shared/domain/exact-json.ts'
import { useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { TestCallResult, UiParsed } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/input/button.tsx'
import { Callout, Failure, type Tone } from '../../components/feedback/callout.tsx'
import { LongText } from '../../components/display/copy.tsx'
import { Dialog } from '../../components/feedback/dialog.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Select } from '../../components/input/choices.tsx'
import { AllowHost, missingHost } from '../providers/hosts.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.connections.test

export function TestCallDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const { probe } = connection
  const [method, setMethod] = useState<Method>(probe?.method ?? 'GET')
  const [url, setUrl] = useState(probe?.path ?? probe?.url ?? '')
  const [result, setResult] = useState<TestCallResult | null>(null)
  const send = useCall('connections.testCall')

  const missing = missingHost(send.failure)

  const submit = async (): Promise<void> => {
    setResult(null)
    const answer = await send.run({ id: connection.id, method, url: url.trim() })
    if (answer !== null) setResult(answer.value)
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      description={words.lead(connectionName(connection))}
      width="lg"
      footer={
        <>
          {send.slow && <Button onClick={send.leave}>{text.common.stopWaiting}</Button>}
          <Button look="primary" type="submit" form="test-call" pending={send.pending}>
            {words.send}
          </Button>
        </>
      }
    >
      <form
        id="test-call"
        className="flex flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <RequestFields
          method={method}
          url={url}
          placeholder={connection.apiBaseUrl ?? ''}
          postUrl={probe?.method === 'POST' ? (probe.path ?? probe.url) : null}
          onMethod={setMethod}
          onUrl={setUrl}
        />
        <Failure
          failure={send.failure}
          actions={missing !== null && <AllowHost providerId={connection.providerId} missing={missing} />}
        />
        {result !== null && <Result result={result} />}
      </form>
    </Dialog>
  )
}

type Method = UiParsed<'connections.testCall'>['method']

type RequestFieldsProps = {
  method: Method
  url: string
  placeholder: string
  /** The one URL that accepts a POST from here; null: none. */
  postUrl: string | null
  onMethod: (method: Method) => void
  onUrl: (url: string) => void
}

function RequestFields({ method, url, placeholder, postUrl, onMethod, onUrl }: RequestFieldsProps) {
  const methods: Method[] = postUrl === null ? ['GET', 'HEAD'] : ['POST', 'GET', 'HEAD']
  const choose = (chosen: string): void => {
    const next = methods.find((each) => each === chosen) ?? 'GET'
    if (next === 'POST' && postUrl !== null) onUrl(postUrl)
    onMethod(next)
  }
  return (
    <div className="flex gap-3 max-sm:flex-col">
      <Field label={words.method}>
        {(ids) => (
          <Select
            {...ids}
            className="sm:w-28"
            value={method}
            onChange={(event) => choose(event.target.value)}
            options={methods.map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
      <div className="min-w-0 flex-1">
        <Field label={words.url} hint={method === 'POST' ? words.postHint : words.urlHint} optional>
          {(ids) => (
            <TextInput
              {...ids}
              mono
              value={url}
              readOnly={method === 'POST'}
              placeholder={placeholder}
              onChange={(event) => onUrl(event.target.value)}
            />
          )}
        </Field>
      </div>
    </div>
  )
}

function Result({ result }: { result: TestCallResult }) {
  return (
    <div className="animate-fade flex flex-col gap-3">
      <Callout
        tone={toneOf(result.status)}
        title={words.result(result.status, Math.round(result.durationMs))}
        live="polite"
      >
        {result.contentType === null ? undefined : words.contentType(result.contentType)}
      </Callout>
      {result.body === '' ? (
        <p className="text-muted text-sm">{words.emptyBody}</p>
      ) : (
        <LongText label={words.body} value={pretty(result)} rows={10} />
      )}
      {result.truncated && <p className="text-muted text-xs">{words.truncated}</p>}
    </div>
  )
}

/** A redirect is shown and not followed, so it is neither a success nor a failure. */
function toneOf(status: number): Tone {
  if (status >= 200 && status < 300) return 'ok'
  return status < 400 ? 'info' : 'bad'
}

function pretty({ body, contentType, truncated }: TestCallResult): string {
  if (truncated || contentType?.includes('json') !== true) return body
  try {
    return JSON.stringify(parseJsonAsWritten(body), null, 2)
  } catch {
    // The content type says JSON but the body is not: shown as received.
    return body
  }
}

import { parseJsonAsWritten } from '../../../shared/domain/exact-json.ts'
import { useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { TestCallResult } from '../../../shared/contract/ui-api.ts'
import { Button } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { LongText } from '../../components/code-block.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { TextInput } from '../../components/inputs.tsx'
import { Select } from '../../components/select.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { testPath } from './snippet-subject.ts'

const words = text.connections.test

export function TestCallDialog({ connection, onClose }: { connection: ConnectionView; onClose: () => void }) {
  const [method, setMethod] = useState<'GET' | 'HEAD'>('GET')
  const snapshot = useSnapshot()
  const [url, setUrl] = useState(() => testPath(connection, snapshot))
  const [result, setResult] = useState<TestCallResult | null>(null)
  const send = useCall('connections.testCall')

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
          onMethod={setMethod}
          onUrl={setUrl}
        />
        <Failure failure={send.failure} />
        {result !== null && <Result result={result} />}
      </form>
    </Dialog>
  )
}

type RequestFieldsProps = {
  method: 'GET' | 'HEAD'
  url: string
  placeholder: string
  onMethod: (method: 'GET' | 'HEAD') => void
  onUrl: (url: string) => void
}

function RequestFields({ method, url, placeholder, onMethod, onUrl }: RequestFieldsProps) {
  return (
    <div className="flex gap-3 max-sm:flex-col">
      <Field label={words.method}>
        {(ids) => (
          <Select
            {...ids}
            className="sm:w-28"
            value={method}
            onChange={(event) => onMethod(event.target.value === 'HEAD' ? 'HEAD' : 'GET')}
            options={['GET', 'HEAD'].map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
      <div className="min-w-0 flex-1">
        <Field label={words.url} hint={words.urlHint} optional>
          {(ids) => (
            <TextInput
              {...ids}
              mono
              value={url}
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
        tone={result.status < 400 ? 'ok' : 'bad'}
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

function pretty({ body, contentType, truncated }: TestCallResult): string {
  if (truncated || contentType?.includes('json') !== true) return body
  try {
    return JSON.stringify(parseJsonAsWritten(body), null, 2)
  } catch {
    // It says JSON and is none: shown as it came.
    return body
  }
}

import type { ErrorBody } from '../../../shared/contract/errors.ts'
import { Badge } from '../../components/display/badge.tsx'
import { CopyField } from '../../components/display/copy.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Rows, PageSection } from '../../components/layout/page.tsx'
import { SwitchRow } from '../../components/input/switch.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { RedirectMethods } from './redirect-methods.tsx'
import { NumberSetting, PortFailure, useSetting } from './setting-fields.tsx'

const words = text.settings.server

export function ServerSettings() {
  const { server, settings } = useSnapshot()
  const save = useSetting()
  const port = server.listening ? new URL(server.url).port : String(settings.port)
  const isStored = port === String(settings.port)
  return (
    <>
      <PageSection
        title={words.title}
        actions={
          <Badge tone={server.listening ? 'ok' : 'bad'}>
            {server.listening ? words.listening : words.notListening}
          </Badge>
        }
      >
        <div className="flex flex-col gap-3">
          <ServerFailure failure={server.failure} />
          <Rows>
            <div className="flex flex-col gap-1.5">
              <span className="text-sm font-medium">{words.address}</span>
              <CopyField label={words.address} value={server.url} copyLabel={words.copyAddress} />
            </div>
            <NumberSetting
              name="port"
              label={words.port}
              hint={words.portHint}
              aside={isStored ? undefined : <Badge tone="wait">{words.portThisRun(port)}</Badge>}
            />
            <SwitchRow
              label={words.socket}
              hint={words.socketHint}
              checked={settings.socketDoor}
              onChange={(socketDoor) => void save({ socketDoor })}
            />
            {server.socketPath !== null && (
              <div className="flex flex-col gap-1.5">
                <span className="text-sm font-medium">{words.socketAt}</span>
                <CopyField label={words.socketAt} value={server.socketPath} copyLabel={words.copySocket} />
              </div>
            )}
          </Rows>
        </div>
      </PageSection>
      {/* Requested again when the port changes. */}
      <RedirectMethods key={server.url} />
    </>
  )
}

/** Shown here, where the port is changed. */
function ServerFailure({ failure }: { failure: ErrorBody | null }) {
  const change = useCall('settings.update')
  return (
    <>
      <PortFailure failure={failure} pending={change.pending} onPort={(port) => void change.run({ port })} />
      <Failure failure={change.failure} />
    </>
  )
}

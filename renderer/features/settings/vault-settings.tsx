import { LockKeyhole } from 'lucide-react'
import { useState } from 'react'
import type { ProtectorView } from '../../../shared/contract/ui-api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Rows, Section } from '../../components/section.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ChangePassphrase } from './change-passphrase.tsx'
import { MoveProtector } from './move-protector.tsx'
import { NumberSetting } from './setting-fields.tsx'

const words = text.settings.vault

export function VaultSettings() {
  const { vault } = useSnapshot()
  const [moving, setMoving] = useState<ProtectorView | null>(null)
  const [changing, setChanging] = useState(false)
  const lock = useCall('vault.lock')
  return (
    <>
      <Section title={words.protector} hint={words.unlockedBy}>
        <Rows>
          {vault.protectors.map((protector) => (
            <Protector
              key={protector.kind}
              protector={protector}
              inUse={vault.kind === 'unlocked' && (vault.wraps ?? []).includes(protector.kind)}
              onMove={() => setMoving(protector)}
              onChangePassphrase={() => setChanging(true)}
            />
          ))}
        </Rows>
      </Section>
      <Section title={words.lock}>
        <Rows>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <div className="min-w-0">
              <p className="text-sm font-medium">{words.lockNow}</p>
              <p className="text-muted text-xs">{words.lockNowHint}</p>
            </div>
            <Button icon={<LockKeyhole />} pending={lock.pending} onClick={() => void lock.run(undefined)}>
              {words.lockNow}
            </Button>
          </div>
          <NumberSetting name="autoLockMinutes" label={words.autoLock} hint={words.autoLockHint} />
        </Rows>
      </Section>
      {moving !== null && <MoveProtector protector={moving} onClose={() => setMoving(null)} />}
      {changing && <ChangePassphrase onClose={() => setChanging(false)} />}
    </>
  )
}

type ProtectorProps = {
  protector: ProtectorView
  inUse: boolean
  onMove: () => void
  onChangePassphrase: () => void
}

function Protector({ protector, inUse, onMove, onChangePassphrase }: ProtectorProps) {
  const { kind, label, usable } = protector
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <div className="min-w-0">
        <p className="flex items-center gap-2 text-sm font-medium">
          {label}
          {inUse && <Badge tone="ok">{words.current}</Badge>}
        </p>
        <p className="text-muted text-xs text-pretty">
          {usable ? text.vault.protectors[kind].found : words.notUsable}
        </p>
      </div>
      <div className="flex gap-2">
        {kind === 'passphrase' && inUse && (
          <Button size="sm" onClick={onChangePassphrase}>
            {words.changePassphrase}
          </Button>
        )}
        {!inUse && (
          <Button size="sm" disabled={!usable} onClick={onMove}>
            {words.move}
          </Button>
        )}
      </div>
    </div>
  )
}

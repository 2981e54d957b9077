import type { Approval } from '../../../shared/contract/approval.ts'
import { Badge } from '../../components/badge.tsx'
import { bytes } from '../../lib/bytes.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'

const words = text.approval

/** What exactly is asked for, in full: no address is cut short here. */
export function ApprovalQuestion({ approval }: { approval: Approval }) {
  return approval.kind === 'use' ? <Use approval={approval} /> : <Pair approval={approval} />
}

function Use({ approval }: { approval: Extract<Approval, { kind: 'use' }> }) {
  const who = connectionName(approval)
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p className="text-pretty">{approval.what === 'token' ? words.askToken(who) : words.askProxy(who)}</p>
      {approval.url !== null && (
        <p className="bg-sunken border-line text-ink rounded-md border px-2.5 py-1.5 font-mono text-xs break-all">
          <span className="text-accent font-semibold">{approval.method}</span> {approval.url}
        </p>
      )}
      {approval.bodyBytes !== null && approval.bodyBytes > 0 && (
        <p className="text-xs">{words.bytes(bytes(approval.bodyBytes))}</p>
      )}
      {approval.waiting > 1 && <p className="text-xs">{words.waitingCalls(approval.waiting)}</p>}
    </div>
  )
}

function Pair({ approval }: { approval: Extract<Approval, { kind: 'pair' }> }) {
  const { wants, code } = approval
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p>{wants.grants.length === 0 && !wants.manage ? words.pairNothing : words.pairLead}</p>
      <ul className="flex list-disc flex-col gap-1 pl-4">
        {wants.grants.map((grant) => (
          <li key={JSON.stringify(grant)}>{words.pairGrant(grant)}</li>
        ))}
        {wants.manage && <li>{words.pairManage}</li>}
      </ul>
      {wants.authProviders.length > 0 && (
        <p className="flex flex-wrap items-center gap-1.5 text-xs">
          {words.pairNeeds}
          {wants.authProviders.map(({ provider, scopes }) => (
            <Badge key={provider}>{[provider, ...scopes].join(' ')}</Badge>
          ))}
        </p>
      )}
      <p className="flex items-center gap-2 text-xs">
        {words.pairCode}
        <output className="text-ink bg-sunken border-line rounded-md border px-2 py-0.5 font-mono text-sm font-semibold tracking-widest">
          {code}
        </output>
      </p>
    </div>
  )
}

import type { Approval } from '../../../shared/contract/approval.ts'
import { shown } from '../../../shared/contract/name.ts'
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
  const { what, url, method, bodyBytes, waiting } = approval
  const who = connectionName(approval)
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p className="text-pretty">{what === 'token' ? words.askToken(who) : words.askProxy(who)}</p>
      {url !== null && (
        <>
          <p
            dir="ltr"
            className="bg-sunken border-line text-ink rounded-md border px-2.5 py-1.5 font-mono text-xs break-all"
          >
            <span className="text-accent font-semibold">{method}</span> {shown(url)}
          </p>
          <p className="text-xs">{words.body(bodyBytes, bodyBytes === null ? '' : bytes(bodyBytes))}</p>
        </>
      )}
      {waiting > 1 && <p className="text-xs">{words.waitingCalls(waiting)}</p>}
      {url !== null && URL.canParse(url) && (
        <p className="text-faint text-xs">{words.reach(method ?? '', new URL(url).host)}</p>
      )}
    </div>
  )
}

function Pair({ approval }: { approval: Extract<Approval, { kind: 'pair' }> }) {
  const { wants, code, providers } = approval
  const nameOf = (slug: string): string | null =>
    providers.find(({ provider }) => provider === slug)?.registered?.name ?? null
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p>{wants.grants.length === 0 && !wants.manage ? words.pairNothing : words.pairLead}</p>
      <ul className="flex list-disc flex-col gap-1 pl-4">
        {wants.grants.map((grant) => {
          const name = nameOf(grant.provider)
          return (
            <li key={JSON.stringify(grant)} className="break-words">
              {name === null ? (
                <span className="text-wait">{words.pairUnknown(grant.provider)}</span>
              ) : (
                words.pairGrant(grant, name)
              )}
            </li>
          )
        })}
        {wants.manage && (
          <li>
            {words.pairManage} <Badge tone="wait">{words.pairWide}</Badge>
          </li>
        )}
      </ul>
      {wants.authProviders.length > 0 && (
        <div className="flex flex-col gap-1 text-xs">
          {words.pairNeeds}
          <ul className="flex flex-wrap gap-1.5">
            {wants.authProviders.map(({ provider, scopes }) => (
              <li
                key={JSON.stringify([provider, scopes])}
                className="bg-active rounded-md px-2 py-0.5 break-all"
              >
                {[provider, ...scopes].map(shown).join(' ')}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="flex flex-wrap items-center gap-2 text-xs">
        {words.pairCode}
        <output className="text-ink bg-sunken border-line rounded-md border px-2 py-0.5 font-mono text-sm font-semibold tracking-widest whitespace-nowrap">
          {code}
        </output>
      </p>
    </div>
  )
}

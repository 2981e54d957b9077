import { useEffect, useState } from 'react'
import type { RedirectPlan } from '../../../shared/contract/ui-api.ts'
import { CopyField } from '../../components/display/copy.tsx'
import { PageSection, Rows } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { useHost } from '../../stores/window-context.tsx'

const words = text.settings.redirects
const methods = ['fixed-port', 'any-port', 'custom-scheme', 'paste'] as const

/** The redirect methods of this Keyway, with the redirect URI to register for each. */
export function RedirectMethods() {
  const plans = usePlans()
  return (
    <PageSection title={words.title} hint={words.hint}>
      <Rows>
        {methods.map((way) => (
          <RedirectMethod key={way} way={way} plan={plans?.find((plan) => plan.way === way) ?? null} />
        ))}
      </Rows>
    </PageSection>
  )
}

function RedirectMethod({ way, plan }: { way: (typeof methods)[number]; plan: RedirectPlan | null }) {
  const { title, lead } = words.ways[way]
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-sm font-medium">{title}</p>
      <p className="text-muted text-xs text-pretty">{lead}</p>
      {plan?.redirectUri != null && way !== 'paste' && (
        <CopyField
          label={`${title}: ${text.add.form.redirectUri}`}
          value={plan.redirectUri}
          copyLabel={`${text.add.form.copyRedirect}: ${title}`}
        />
      )}
      {way === 'custom-scheme' && plan?.note != null && (
        <p className="text-wait text-xs text-pretty">{plan.note}</p>
      )}
    </div>
  )
}

function usePlans(): RedirectPlan[] | null {
  const host = useHost()
  const [plans, setPlans] = useState<RedirectPlan[] | null>(null)
  useEffect(() => {
    let wanted = true
    void Promise.all(
      methods.map((redirect) => host.call('providers.redirectPlan', { draft: { redirect } })),
    ).then((answers) => {
      if (wanted) setPlans(answers.flatMap((answer) => (answer.ok ? [answer.value] : [])))
    })
    return () => {
      wanted = false
    }
  }, [host])
  return plans
}

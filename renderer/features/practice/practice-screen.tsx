import { Drama, Play, Plug, Square } from 'lucide-react'
import { Badge } from '../../components/display/badge.tsx'
import { CopyIconButton } from '../../components/display/copy.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { EmptyState, StopWaiting } from '../../components/feedback/waiting.tsx'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Page, Rows, PageSection } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { PracticeCountsView, PracticeVisits } from './practice-visits.tsx'
import { Situations } from './situations.tsx'

const words = text.practice

/** The practice provider and its faults: shows how Keyway and the person's own program handle them. */
export function PracticeScreen() {
  const { rehearsal } = useSnapshot()
  const start = useCall('rehearsal.start')
  const stop = useCall('rehearsal.stop')
  const running = rehearsal.kind === 'running'
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      back={{ href: hrefOf({ name: 'add', query: '' }), label: words.back }}
      actions={
        running && (
          <>
            <Badge tone="ok">{words.running}</Badge>
            <StopWaiting call={stop} />
            <Button icon={<Square />} pending={stop.pending} onClick={() => void stop.run(undefined)}>
              {words.stop}
            </Button>
            {rehearsal.providerId !== null && <SignInThere providerId={rehearsal.providerId} />}
          </>
        )
      }
    >
      <Failure failure={start.failure ?? stop.failure} />
      {running ? (
        <Running />
      ) : (
        <EmptyState
          icon={<Drama />}
          title={words.stoppedTitle}
          actions={
            <>
              <Button
                look="primary"
                icon={<Play />}
                pending={start.pending}
                onClick={() => void start.run(undefined)}
              >
                {words.start}
              </Button>
              <StopWaiting call={start} />
            </>
          }
        >
          {words.stoppedLead}
        </EmptyState>
      )}
    </Page>
  )
}

function SignInThere({ providerId }: { providerId: string }) {
  const signIn = useStartSignIn()
  return (
    <Button
      look="primary"
      icon={<Plug />}
      pending={signIn.pending}
      onClick={() => void signIn.start({ providerId })}
    >
      {words.signIn}
    </Button>
  )
}

function Running() {
  const { rehearsal } = useSnapshot()
  return (
    <>
      <PageSection title={words.situations} hint={words.situationsHint}>
        <Situations current={rehearsal.situation} />
      </PageSection>
      <PageSection
        title={words.people}
        hint={words.peopleHint}
        actions={
          rehearsal.providerId !== null && (
            <a
              href={hrefOf({ name: 'provider', id: rehearsal.providerId, tab: 'overview' })}
              className={buttonClasses('ghost', 'sm')}
            >
              {words.show}
            </a>
          )
        }
      >
        <Rows>
          {rehearsal.accounts.map(({ email, name }) => (
            <div key={email} className="flex items-center gap-3 text-sm">
              <span className="min-w-0 flex-1 truncate">
                <span className="font-medium">{name}</span> <span className="text-muted">{email}</span>
              </span>
              <CopyIconButton value={email} label={words.copyPerson(email)} />
            </div>
          ))}
        </Rows>
      </PageSection>
      <PageSection title={words.counts}>
        <PracticeCountsView counts={rehearsal.counts} />
      </PageSection>
      <PageSection title={words.visits}>
        <PracticeVisits visits={rehearsal.visits} />
      </PageSection>
    </>
  )
}

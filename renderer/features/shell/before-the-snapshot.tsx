import type { ErrorBody } from '../../../shared/contract/errors.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Logo } from '../../components/logo.tsx'
import { Spinner } from '../../components/spinner.tsx'
import { text } from '../../lib/text.ts'
import { useReload } from '../../stores/window-context.tsx'

/** Until Keyway has said how things stand. Usually too short to be seen, so it comes in late. */
export function Opening({ failure, offline }: { failure: ErrorBody | null; offline: boolean }) {
  const reload = useReload()
  return (
    <main className="grid h-full place-items-center overflow-auto p-6">
      <div className="flex w-full max-w-md flex-col items-center gap-5">
        <Logo className="size-12" />
        {failure === null ? (
          <p role="status" className="text-muted animate-fade flex items-center gap-2 text-sm">
            <Spinner />
            {offline ? text.link.offlineTitle : text.link.connecting}
          </p>
        ) : (
          <div className="w-full">
            <h1 className="sr-only">{text.shell.name}</h1>
            <Failure
              failure={failure}
              actions={
                <Button size="sm" onClick={() => void reload()}>
                  {text.common.retry}
                </Button>
              }
            />
          </div>
        )}
      </div>
    </main>
  )
}

export function SignedOut() {
  return (
    <main className="grid h-full place-items-center overflow-auto p-6">
      <div className="animate-rise w-full max-w-md">
        <Logo className="mb-6 size-12" />
        <h1 className="text-ink text-2xl font-semibold tracking-tight text-balance">
          {text.link.signedOutTitle}
        </h1>
        <p className="text-muted mt-2 text-base text-pretty">{text.link.signedOutLead}</p>
        <ol className="mt-6 flex flex-col gap-3">
          {text.link.signedOutSteps.map((step, index) => (
            <li key={step} className="flex gap-3 text-sm">
              <span
                aria-hidden="true"
                className="bg-active text-muted grid size-5.5 shrink-0 place-items-center rounded-full text-xs font-semibold tabular-nums"
              >
                {index + 1}
              </span>
              <span className="pt-px text-pretty">{step}</span>
            </li>
          ))}
        </ol>
      </div>
    </main>
  )
}

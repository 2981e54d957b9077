import { useCallback, useEffect, useRef, useState } from 'react'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import type { UiCallName, UiInput, UiOutput } from '../../shared/contract/ui-api.ts'
import { useHost } from './window-context.tsx'

/** After this time a running call offers to stop waiting. */
const SLOW_AFTER_MS = 1000

type CallState = { phase: 'idle' | 'pending' | 'slow'; failure: ErrorBody | null }

export type Call<Name extends UiCallName> = {
  pending: boolean
  /** Pending for over a second: offer to stop waiting. */
  slow: boolean
  failure: ErrorBody | null
  /** The value, or null when it failed (see `failure`) or the screen no longer waits for it. */
  run(input: UiInput<Name>): Promise<{ value: UiOutput<Name> } | null>
  /** Stops waiting. Keyway may still finish the operation. */
  leave(): void
  forget(): void
}

/**
 * `dropped`: the result is ignored once the screen is gone. `told`: the result is delivered anyway, for calls
 * that remove their own screen (Keyway sends the change before the result).
 */
type WhenGone = 'dropped' | 'told'

export function useCall<Name extends UiCallName>(name: Name, whenGone: WhenGone = 'dropped'): Call<Name> {
  const host = useHost()
  const [state, setState] = useState<CallState>({ phase: 'idle', failure: null })
  const attempt = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const settle = useCallback((failure: ErrorBody | null) => {
    attempt.current += 1
    clearTimeout(timer.current)
    setState({ phase: 'idle', failure })
  }, [])
  useEffect(() => {
    return () => {
      if (whenGone === 'dropped') attempt.current += 1
      clearTimeout(timer.current)
    }
  }, [whenGone])

  const run = useCallback(
    async (input: UiInput<Name>) => {
      attempt.current += 1
      const mine = attempt.current
      clearTimeout(timer.current)
      setState({ phase: 'pending', failure: null })
      timer.current = setTimeout(() => {
        if (mine === attempt.current) setState((now) => ({ ...now, phase: 'slow' }))
      }, SLOW_AFTER_MS)
      const answer = await host.call(name, input)
      if (mine !== attempt.current) return null
      settle(answer.ok ? null : answer.failure)
      return answer.ok ? { value: answer.value } : null
    },
    [host, name, settle],
  )
  const leave = useCallback(() => settle(null), [settle])

  return {
    pending: state.phase !== 'idle',
    slow: state.phase === 'slow',
    failure: state.failure,
    run,
    leave,
    forget: leave,
  }
}

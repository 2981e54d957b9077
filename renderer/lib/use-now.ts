import { createContext, useContext, useEffect, useState } from 'react'

/** `standing`: the service is gone, so nobody knows whether what is counted down still runs. */
export const TimeContext = createContext<'running' | 'standing'>('running')

/** The time, renewed at the given pace while the page is looked at. It stands still while the service is gone. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  const time = useContext(TimeContext)
  useEffect(() => {
    if (time === 'standing') return undefined
    const tick = (): void => {
      if (document.visibilityState === 'visible') setNow(Date.now())
    }
    const timer = setInterval(tick, everyMs)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [everyMs, time])
  return now
}

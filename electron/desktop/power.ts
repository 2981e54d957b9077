import { powerMonitor } from 'electron'

/**
 * After sleep everything is checked. The answer says whether the person is away (asleep, screen locked): then nothing is announced.
 */
export function watchPower({ wake }: { wake: () => void }): () => boolean {
  let away = false
  const leave = () => {
    away = true
  }
  const comeBack = () => {
    away = false
  }
  powerMonitor.on('suspend', leave)
  powerMonitor.on('lock-screen', leave)
  powerMonitor.on('unlock-screen', comeBack)
  powerMonitor.on('resume', () => {
    comeBack()
    wake()
  })
  return () => away
}

import { toast } from 'sonner'
import { text } from '../lib/text.ts'

const SLOW_AFTER_MS = 1000

/** Says after a second what is under way, with a way out; null when nobody waits for it any more. */
export async function withSlowToast<Result>(words: string, work: Promise<Result>): Promise<Result | null> {
  const left = Promise.withResolvers<null>()
  const timer = setTimeout(() => {
    toast.loading(words, {
      id: words,
      duration: Infinity,
      action: { label: text.common.stopWaiting, onClick: () => left.resolve(null) },
    })
  }, SLOW_AFTER_MS)
  try {
    return await Promise.race([work, left.promise])
  } finally {
    clearTimeout(timer)
    toast.dismiss(words)
  }
}

// What every bench server does: say that it is ready, answer questions, and go when the bench goes.
export function serve(ready: unknown, answer: (question: unknown) => unknown = () => null): void {
  process.once('disconnect', () => process.exit())
  process.on('message', (question) => {
    void Promise.resolve(answer(question)).then((value) => process.send?.({ value }))
  })
  process.send?.(ready)
}

/** What the bench handed over; the two are one program. */
export function input(): unknown {
  return JSON.parse(process.argv[2] ?? '{}')
}

// What every bench server does: say that it is ready, answer questions, and go when the bench goes.

/** Every one of them answers this with the processor time that it has used. */
export const ASK_CPU = 'cpu'

export function serve(ready: unknown, answer: (question: unknown) => unknown = () => null): void {
  process.once('disconnect', () => process.exit())
  process.on('message', (question) => {
    const value = question === ASK_CPU ? process.cpuUsage() : answer(question)
    void Promise.resolve(value).then((settled) => process.send?.({ value: settled }))
  })
  process.send?.(ready)
}

/** What the bench handed over; the two are one program. */
export function input(): unknown {
  return JSON.parse(process.argv[2] ?? '{}')
}

// Faults that a change could bring in by mistake, each as a small edit of the product. `npm run faults` applies them one at a time to a
// copy of the tree and expects the named tests to fail: a check that nobody would miss is not checked.

export type SeededFault = {
  /** What goes wrong, in a few words. */
  readonly name: string
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[]
}

export const seededFaults: readonly SeededFault[] = []

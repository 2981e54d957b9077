// A value that must not be seen by accident: every implicit way out (string, JSON, inspection, spreading)
// prints `[secret]`. `git grep 'reveal('` lists each deliberate one.
const HIDDEN = '[secret]'

/**
 * Holds a secret string. Only {@link Secret.reveal} gives it back; printing, serialising or inspecting it
 * never does.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself. Call it where the secret must leave (a header, a cipher), nowhere else. */
  reveal(): string {
    return this.#value
  }

  /** Length in UTF-16 units; enough to tell empty from set. */
  get length(): number {
    return this.#value.length
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  /**
   * Node's util.inspect looks this symbol up; spelled through the registry so that no Node import is needed.
   */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}

/** Wraps a string that is present; keeps absence as absence. */
export function secretOrNull(value: string | null | undefined): Secret | null {
  return value === null || value === undefined || value === '' ? null : new Secret(value)
}

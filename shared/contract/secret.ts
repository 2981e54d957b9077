// A value that must not be disclosed by accident: each implicit conversion (string, JSON, inspection,
// spreading) prints `[secret]`. `git grep 'reveal('` lists each intended disclosure.
const HIDDEN = '[secret]'

/**
 * Holds a secret string. Only {@link Secret.reveal} returns it; printing, serializing or inspecting never
 * does.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Returns the secret itself. Call it only where the secret must be passed on (a header, a cipher). */
  reveal(): string {
    return this.#value
  }

  /** Length in UTF-16 units; enough to distinguish empty from set. */
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
   * Node's util.inspect looks this symbol up. It is taken from the registry so that no Node import is needed.
   */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}

/** Wraps a string; null stays null. */
export function secretOrNull(value: string | null | undefined): Secret | null {
  return value === null || value === undefined || value === '' ? null : new Secret(value)
}

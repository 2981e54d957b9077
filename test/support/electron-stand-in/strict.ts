// A member that the stand-in lacks is an error that names it: answering undefined would let a spec pass for
// the wrong reason.

/**
 * Asked for by promises, serialisers and module loaders on any object; real Electron answers undefined as
 * well.
 */
const askedOfAnything = new Set(['then', 'toJSON', '__esModule'])

function unknownMember(name: string, key: string): Error {
  return new Error(
    `The Electron stand-in has no ${name}.${key}. If Electron has it, add it to test/support/electron-stand-in.`,
  )
}

/** The same object, except that reading or writing a member it does not have throws. */
export function strict<Target extends object>(name: string, target: Target): Target {
  return new Proxy(target, {
    get(object, key, receiver): unknown {
      if (typeof key === 'symbol' || key in object || askedOfAnything.has(key))
        return Reflect.get(object, key, receiver)
      throw unknownMember(name, key)
    },
    set(object, key, value, receiver): boolean {
      if (typeof key === 'symbol' || key in object) return Reflect.set(object, key, value, receiver)
      throw unknownMember(name, key)
    },
  })
}

export type StandInEvent<Members extends object> = Members & {
  preventDefault: () => void
  readonly defaultPrevented: boolean
}

/** What Electron hands to a listener first: the event's own members and preventDefault(). */
export function createEvent(): StandInEvent<object>
export function createEvent<Members extends object>(members: Members): StandInEvent<Members>
export function createEvent(members: object = {}): StandInEvent<object> {
  let defaultPrevented = false
  return Object.defineProperties(members, {
    preventDefault: {
      value: () => {
        defaultPrevented = true
      },
    },
    defaultPrevented: { get: () => defaultPrevented },
  }) as StandInEvent<object>
}

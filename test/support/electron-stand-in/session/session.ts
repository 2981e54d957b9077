import { EventEmitter } from 'node:events'
import type { Session } from 'electron'
import type { Cdp } from '../chromium/cdp.ts'
import { strict } from '../strict.ts'
import type { CustomSchemes } from './custom-scheme.ts'
import { createNetFetch } from './net-fetch.ts'
import { createPermissions, type Permissions } from './permissions.ts'
import { createProtocol, type ProtocolHandlers } from './protocol.ts'
import { createWebRequest, type WebRequestHooks } from './web-request.ts'

export type StandInSession = {
  readonly session: Session
  readonly protocol: ProtocolHandlers
  readonly webRequest: WebRequestHooks
  readonly permissions: Permissions
}

export type Sessions = {
  readonly defaultSession: StandInSession
  fromPartition(partition: string): StandInSession
  /** The stand-in's side of a session that the app holds. */
  behind(session: Session): StandInSession
}

export type SessionDeps = {
  readonly cdp: () => Promise<Cdp>
  readonly schemes: CustomSchemes
  readonly isReady: () => boolean
}

function createSession(deps: SessionDeps): StandInSession {
  const protocol = createProtocol(deps.schemes, deps.isReady)
  const webRequest = createWebRequest()
  const permissions = createPermissions(deps.cdp)
  const members = {
    protocol: protocol.protocol,
    webRequest: webRequest.webRequest,
    setPermissionRequestHandler: permissions.setRequestHandler,
    setPermissionCheckHandler: permissions.setCheckHandler,
    // Nothing in the stand-in can ask for a device, a Bluetooth pairing or a screen: the handlers are never
    // called.
    setDevicePermissionHandler: () => {},
    setBluetoothPairingHandler: () => {},
    setDisplayMediaRequestHandler: () => {},
    setUSBProtectedClassesHandler: () => {},
    setSpellCheckerEnabled: () => {},
    setSpellCheckerLanguages: () => {},
    setDownloadPath: () => {},
    resolveProxy: () => Promise.resolve('DIRECT'),
    isPersistent: () => false,
    getUserAgent: () => 'Electron stand-in',
    fetch: createNetFetch(protocol),
  } satisfies Partial<Session>
  const session = strict('session', Object.assign(new EventEmitter(), members)) as unknown as Session
  return { session, protocol, webRequest, permissions }
}

/** Each partition has its own handlers; cookies and storage are shared by all of them. */
export function createSessions(deps: SessionDeps): Sessions {
  const partitions = new Map<string, StandInSession>()
  const fromPartition = (partition: string): StandInSession => {
    const session = partitions.get(partition) ?? createSession(deps)
    partitions.set(partition, session)
    return session
  }
  return {
    defaultSession: fromPartition(''),
    fromPartition,
    behind: (session) => {
      const found = [...partitions.values()].find((candidate) => candidate.session === session)
      if (!found) throw new Error('That session was not made by the Electron stand-in.')
      return found
    },
  }
}

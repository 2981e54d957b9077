import { appRoutes } from './apps.ts'
import { approvalRoutes } from './approvals.ts'
import { callbackRoutes } from './callback.ts'
import { connectRoutes } from './connect.ts'
import { connectionRoutes } from './connections.ts'
import { eventRoutes, healthRoutes } from './service.ts'
import { integrationRoutes } from './integrations.ts'
import { pairingRoutes } from './pairing.ts'
import { requestRoutes } from './requests.ts'
import { tokenRoutes } from './tokens.ts'
import { toolshedRoutes } from '../compat/toolshed.ts'

/** Every route of the local API, in the order in which the reference shows them. */
export const apiRoutes = [
  tokenRoutes,
  requestRoutes,
  connectionRoutes,
  connectRoutes,
  callbackRoutes,
  pairingRoutes,
  appRoutes,
  approvalRoutes,
  integrationRoutes,
  toolshedRoutes,
  eventRoutes,
  healthRoutes,
] as const

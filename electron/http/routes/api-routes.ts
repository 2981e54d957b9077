import { callbackRoutes } from './callback.ts'
import { connectRoutes } from './connect.ts'
import { connectionRoutes } from './connections.ts'
import { healthRoutes } from './health.ts'
import { requestRoutes } from './requests.ts'
import { toolshedRoutes } from './toolshed.ts'
import { tokenRoutes } from './tokens.ts'

export const apiRoutes = [
  tokenRoutes,
  requestRoutes,
  connectionRoutes,
  connectRoutes,
  callbackRoutes,
  toolshedRoutes,
  healthRoutes,
] as const

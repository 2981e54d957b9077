import { endurance } from './benches/endurance.ts'
import { hotRoutes } from './benches/hot-routes.ts'
import { expiryStorm, hangingRefresh } from './benches/one-refresh.ts'
import { oidcAgent } from './benches/oidc-agent.ts'
import { proxyMemory } from './benches/proxy-memory.ts'
import { proxyLarge, proxySmall } from './benches/proxy-speed.ts'
import { reach } from './benches/reach.ts'
import { refreshToDisk } from './benches/refresh-to-disk.ts'
import { scale } from './benches/scale.ts'
import { start } from './benches/start.ts'
import { window } from './benches/window.ts'
import type { Bench } from './report.ts'

/** In the order of the table in the issue that asked for them. */
export const benches: readonly Bench[] = [
  hotRoutes,
  oidcAgent,
  hangingRefresh,
  expiryStorm,
  refreshToDisk,
  proxySmall,
  proxyLarge,
  proxyMemory,
  scale,
  start,
  window,
  endurance,
  reach,
]

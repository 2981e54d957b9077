import type { z } from 'zod'
import {
  integrationListResponseSchema,
  type integrationResponseSchema,
} from '../../shared/contract/http-api.ts'
import type { ServiceApi } from './api.ts'

export type Registered = z.output<typeof integrationResponseSchema>

const PAGE = 1000

/** All registered providers. @throws KeywayCallError `forbidden` without the manage permission */
export async function registeredProviders(api: ServiceApi): Promise<Registered[]> {
  const found: Registered[] = []
  for (;;) {
    const path = `/api/integrations?start=${found.length}&count=${PAGE}`
    const { _embedded: embedded, total } = await api.call(integrationListResponseSchema, path)
    const page = embedded['inf:integration']
    found.push(...page)
    if (page.length === 0 || found.length >= total) return found
  }
}

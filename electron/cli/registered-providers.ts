import type { z } from 'zod'
import { integrationListAnswer, type integrationAnswer } from '../../shared/contract/http-api.ts'
import type { LocalApi } from './api.ts'

export type Registered = z.output<typeof integrationAnswer>

const PAGE = 1000

/** All of them. @throws KeywayCallError forbidden without the manage grant */
export async function registeredProviders(api: LocalApi): Promise<Registered[]> {
  const found: Registered[] = []
  for (;;) {
    const path = `/api/integrations?start=${found.length}&count=${PAGE}`
    const { _embedded: embedded, total } = await api.call(integrationListAnswer, path)
    const page = embedded['inf:integration']
    found.push(...page)
    if (page.length === 0 || found.length >= total) return found
  }
}

// toolshed's three calls. Its userId is the account here.
import { z } from 'zod'
import { accountSelector } from '../slug.ts'
import { integrationId, printable } from './common.ts'

export const toolshedParams = z.strictObject({ provider: integrationId })
export const toolshedQuery = z.strictObject({ userId: accountSelector })
export const toolshedLoginQuery = toolshedQuery.extend({
  ticket: printable(100).optional(),
  return_url: printable(2000).optional(),
})
export const toolshedConnections = z.strictObject({ userId: z.string(), providers: z.array(z.string()) })
export const toolshedDisconnected = z.strictObject({
  disconnected: z.literal(true),
  provider: z.string(),
  userId: z.string(),
})
/** What comes back once the person has signed in: as JSON, or as the query of `return_url`. */
export const toolshedConnected = z.strictObject({
  success: z.literal(true),
  provider: z.string(),
  userId: z.string(),
  scopes: z.array(z.string()),
})

import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { SnippetSubject } from '../../lib/snippets.ts'

/** What a snippet for this connection has to know. */
export function snippetSubject(
  { providerSlug, account, id, probe, apiBaseUrl }: ConnectionView,
  { server }: Pick<Snapshot, 'server'>,
): SnippetSubject {
  return { serverUrl: server.url, providerSlug, account, connectionId: id, probe, apiBaseUrl }
}

import type { Grant } from '../../../shared/contract/app.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { clock } from '../../lib/time.ts'

const words = text.apps.sentence
type Known = Pick<Snapshot, 'connections' | 'providers'>

/** What a grant allows, as one sentence that a person can agree to or not. */
export function grantSentence(grant: Grant, known: Known, now = Date.now()): string {
  const may = grant.token && grant.proxy ? 'both' : grant.token ? 'token' : grant.proxy ? 'proxy' : 'none'
  const limits = [
    grant.methods.length > 0 && words.methods(grant.methods.join(', ')),
    grant.hosts.length > 0 && words.hosts(grant.hosts.join(', ')),
    grant.paths.length > 0 && words.paths(grant.paths.join(', ')),
    grant.expiresAt !== null &&
      (grant.expiresAt > now
        ? words.until(clock(grant.expiresAt, now))
        : words.ended(clock(grant.expiresAt, now))),
    grant.approval === 'ask' && words.ask,
  ].filter((limit) => limit !== false)
  const sentence = [`${words.may[may]} ${targetWords(grant, known)}`, ...limits].join(', ')
  return `${sentence}.`
}

function targetWords({ target }: Grant, { connections, providers }: Known): string {
  switch (target.kind) {
    case 'all':
      return words.all
    case 'provider': {
      const provider = providers.find(({ id }) => id === target.providerId)
      return provider === undefined ? words.goneTarget : words.provider(provider.name)
    }
    default: {
      const connection = connections.find(({ id }) => id === target.connectionId)
      return connection === undefined ? words.goneTarget : words.connection(connectionName(connection))
    }
  }
}

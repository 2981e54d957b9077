// A provider in memory that keeps every request and answers as its record says; nothing else can be reached.
import { LONGER, SECOND } from './demand-token.ts'
import { fill } from './placeholders.ts'
import { knownValues, metadataAddressOf, type Setup } from './person.ts'
import type { CatalogRecord } from './record.ts'
import {
  identityReply,
  json,
  longerReply,
  metadataReply,
  resourceReply,
  revocationReply,
  tokenReply,
  type Reply,
} from './replies.ts'
import { viewOf, type WireView } from './wire-view.ts'

export type Phase =
  'authorize' | 'exchange' | 'refresh' | 'revoke' | 'identify' | 'resources' | 'register' | 'validate'

export type ScriptedProvider = {
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Answers of this kind from now on. */
  enter(phase: Phase, about?: { nonce: string | null }): void
  /** What came in, in order. */
  requests(phase: Phase): WireView[]
  readonly metadataAsked: readonly string[]
  /** Where metadata is by the record, or null. */
  readonly metadataAddress: string | null
}

export function createScriptedProvider(record: CatalogRecord, setup: Setup): ScriptedProvider {
  const seen: Array<{ phase: Phase; view: WireView }> = []
  const metadataAsked: string[] = []
  const metadataAddress = addressOfMetadata(record, setup)
  let phase: Phase = 'authorize'
  let nonce: string | null = null

  const answer = (): Reply => {
    const earlier = seen.filter((request) => request.phase === phase).length
    const exchanges = record.refresh.style === 'exchange_access_token'
    switch (phase) {
      case 'exchange':
        return earlier > 1 ? longerReply(LONGER) : tokenReply({ record, setup, step: 'exchange', nonce })
      case 'refresh':
        return exchanges
          ? longerReply(SECOND.access)
          : tokenReply({ record, setup, step: 'refresh', nonce: null })
      case 'revoke':
        return revocationReply(record)
      case 'identify':
        return identityReply(record)
      case 'resources':
        return resourceReply(record)
      case 'register':
        return json({
          client_id: 'registered-client',
          client_secret: 'registered-secret',
          client_secret_expires_at: 0,
        })
      case 'validate':
        return json({ client_id: 'made-up-client', expires_in: 3600 })
      default:
        return { status: 404, text: '' }
    }
  }

  return {
    metadataAsked,
    metadataAddress,
    enter(next, about) {
      phase = next
      nonce = about?.nonce ?? null
    },
    requests: (of) => seen.filter((request) => request.phase === of).map(({ view }) => view),
    fetch(url, init) {
      if (url === metadataAddress || url.includes('/.well-known/')) {
        metadataAsked.push(url)
        const answers = setup.discovery === 'answers' && url === metadataAddress
        if (!answers) return Promise.reject(new TypeError('fetch failed'))
        return Promise.resolve(responseOf(metadataReply(record, setup, url)))
      }
      seen.push({ phase, view: viewOf(url, init) })
      return Promise.resolve(responseOf(answer()))
    },
  }
}

function addressOfMetadata(record: CatalogRecord, setup: Setup): string | null {
  const values = knownValues(record, setup)
  const own = metadataAddressOf(record)
  if (own !== undefined) return fill(own, values)
  if (record.issuer === null) return null
  return `${fill(record.issuer, values).replace(/\/$/, '')}/.well-known/openid-configuration`
}

function responseOf({ status, text }: Reply): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json' } })
}

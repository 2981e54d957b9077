// Requests through Keyway, with every check, beside proxies that check nothing.
import { type ChildServer, startChild } from '../child-server.ts'
import { getRequest, openLoad, type LoadClient } from '../load-client.ts'
import { loaded, runPaired, type PairedResult } from '../paired.ts'
import { hostHeader, startParties, withKey, type Parties } from '../parties.ts'
import type { Bench, BenchOptions } from '../report.ts'

type PeerKind = 'http-proxy' | 'fast-proxy' | 'tunnel'
type Peer = ChildServer<{ port: number }>

const startPeer = ({ upstream }: Parties, kind: PeerKind): Promise<Peer> =>
  startChild('peers.ts', { kind, port: upstream.ready.port })

const throughPeer = ({ ready: { port } }: Peer, bytes: number, connections: number): Promise<LoadClient> =>
  openLoad({ port }, getRequest(`/api/bytes/${bytes}`, hostHeader(port)), { connections })

const throughKeyway = ({ keyway }: Parties, bytes: number, connections: number): Promise<LoadClient> =>
  openLoad(
    { port: keyway.ready.port },
    getRequest(`/api/integrations/bench/request/bytes/${bytes}`, withKey(keyway)),
    { connections },
  )

/** Keyway against one peer, in slices of `sliceMs`. */
async function against(
  parties: Parties,
  kind: PeerKind,
  load: BenchOptions & { bytes: number; connections: number },
): Promise<PairedResult> {
  const peer = await startPeer(parties, kind)
  const base = await throughPeer(peer, load.bytes, load.connections)
  const own = await throughKeyway(parties, load.bytes, load.connections)
  const result = await runPaired(
    loaded(kind, { server: peer, load: base }, load),
    [loaded('Keyway', { server: parties.keyway, load: own }, load)],
    load,
  )
  base.close()
  own.close()
  await peer.close()
  return result
}

const ratioOf = ({ contenders: [own] }: PairedResult) => {
  if (own === undefined) throw new Error('a contender is missing')
  return own.ratio
}

export const proxySmall: Bench = {
  name: 'proxy-small',
  async run(options) {
    const parties = await startParties()
    const load = { ...options, bytes: 1024, connections: 16 }
    const httpProxy = await against(parties, 'http-proxy', load)
    const fastProxy = await against(parties, 'fast-proxy', load)
    await parties.close()
    return {
      name: 'proxy-small',
      rounds: options.rounds,
      noisy: httpProxy.base.noisy || fastProxy.base.noisy,
      figures: [
        {
          what: 'proxy, 1 KB, 16 connections, against http-proxy',
          value: ratioOf(httpProxy),
          must: 1.6,
          aim: 2.2,
          better: 'higher',
        },
        {
          what: 'the same against fast-proxy',
          value: ratioOf(fastProxy),
          must: 0.95,
          aim: 1.05,
          better: 'higher',
        },
      ],
      details: { httpProxy, fastProxy },
    }
  },
}

export const proxyLarge: Bench = {
  name: 'proxy-large',
  async run(options) {
    const parties = await startParties()
    const megabyte = await against(parties, 'http-proxy', { ...options, bytes: 1024 ** 2, connections: 4 })
    // One answer of 100 MB is a slice of its own.
    const hundred = await against(parties, 'tunnel', {
      ...options,
      bytes: 100 * 1024 ** 2,
      connections: 1,
      sliceMs: 1,
    })
    await parties.close()
    return {
      name: 'proxy-large',
      rounds: options.rounds,
      noisy: megabyte.base.noisy || hundred.base.noisy,
      figures: [
        {
          what: 'proxy, 1 MB, 4 connections, against http-proxy',
          value: ratioOf(megabyte),
          must: 1.1,
          aim: 1.5,
          better: 'higher',
        },
        {
          what: 'proxy, 100 MB, against a raw Node tunnel',
          value: ratioOf(hundred),
          must: 0.75,
          aim: 0.9,
          better: 'higher',
        },
      ],
      details: { megabyte, hundred },
    }
  },
}

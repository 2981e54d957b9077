// Requests through Keyway, with every check, beside proxies that check nothing.
import { startChild } from '../child-server.ts'
import { getRequest, openLoad, type LoadClient } from '../load-client.ts'
import { runPaired, type PairedResult } from '../paired.ts'
import { hostHeader, startParties, withKey, type Parties } from '../parties.ts'
import type { Bench } from '../report.ts'

type PeerKind = 'http-proxy' | 'fast-proxy' | 'tunnel'
type Peer = { port: number; close(): Promise<void> }

const startPeer = async ({ upstream }: Parties, kind: PeerKind): Promise<Peer> => {
  const child = await startChild<{ port: number }>('peers.ts', { kind, port: upstream.ready.port })
  return { port: child.ready.port, close: () => child.close() }
}

const throughPeer = ({ port }: Peer, bytes: number, connections: number): Promise<LoadClient> =>
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
  load: { bytes: number; connections: number; rounds: number; sliceMs: number },
): Promise<PairedResult> {
  const peer = await startPeer(parties, kind)
  const base = await throughPeer(peer, load.bytes, load.connections)
  const own = await throughKeyway(parties, load.bytes, load.connections)
  const result = await runPaired(
    { name: kind, slice: () => base.run(load.sliceMs) },
    [{ name: 'Keyway', slice: () => own.run(load.sliceMs) }],
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
  async run({ rounds, sliceMs }) {
    const parties = await startParties()
    const load = { bytes: 1024, connections: 16, rounds, sliceMs }
    const httpProxy = await against(parties, 'http-proxy', load)
    const fastProxy = await against(parties, 'fast-proxy', load)
    await parties.close()
    return {
      name: 'proxy-small',
      rounds,
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
  async run({ rounds, sliceMs }) {
    const parties = await startParties()
    const megabyte = await against(parties, 'http-proxy', {
      bytes: 1024 ** 2,
      connections: 4,
      rounds,
      sliceMs,
    })
    // One answer of 100 MB is a slice of its own.
    const hundred = await against(parties, 'tunnel', {
      bytes: 100 * 1024 ** 2,
      connections: 1,
      rounds,
      sliceMs: 1,
    })
    await parties.close()
    return {
      name: 'proxy-large',
      rounds,
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

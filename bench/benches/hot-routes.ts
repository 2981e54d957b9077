// The token calls with 64 keep-alive connections against a bare node:http server with a static answer of 200
// bytes.
import { getRequest, openLoad, postRequest } from '../load-client.ts'
import { hostHeader, startParties, withKey } from '../parties.ts'
import { loaded, runPaired } from '../paired.ts'
import { startChild } from '../child-server.ts'
import type { Bench } from '../report.ts'

const CONNECTIONS = 64
const JSON_TYPE = { 'Content-Type': 'application/json' }

export const hotRoutes: Bench = {
  name: 'hot-routes',
  async run(options) {
    const parties = await startParties()
    const bare = await startChild<{ port: number }>('bare-http.ts')
    const plain = await startChild<{ port: number }>('plain-fastify.ts')
    const { keyway } = parties
    const headers = withKey(keyway)
    const get = getRequest('/api/integrations/bench/token', headers)
    const body = JSON.stringify({ provider: 'bench' })
    const post = (of: Record<string, string>) =>
      postRequest('/api/integrations/token', { ...of, ...JSON_TYPE }, body)
    const many = { connections: CONNECTIONS }
    const loads = {
      bare: await openLoad({ port: bare.ready.port }, getRequest('/', hostHeader(bare.ready.port)), many),
      get: await openLoad({ port: keyway.ready.port }, get, many),
      post: await openLoad({ port: keyway.ready.port }, post(headers), many),
      fastify: await openLoad({ port: plain.ready.port }, post(hostHeader(plain.ready.port)), many),
      socket: await openLoad({ path: keyway.ready.socketPath }, get, many),
    }
    const result = await runPaired(
      loaded('bare node:http', { server: bare, load: loads.bare }, options),
      [
        loaded('GET', { server: keyway, load: loads.get }, options),
        loaded('POST', { server: keyway, load: loads.post }, options),
        loaded('socket', { server: keyway, load: loads.socket }, options),
      ],
      options,
    )
    const against = await runPaired(
      loaded('fastify', { server: plain, load: loads.fastify }, options),
      [loaded('POST', { server: keyway, load: loads.post }, options)],
      options,
    )
    for (const load of Object.values(loads)) load.close()
    await Promise.all([parties.close(), bare.close(), plain.close()])
    const [getRatio, postRatio, socketRatio] = result.contenders.map(({ ratio }) => ratio)
    const [postFastify] = against.contenders.map(({ ratio }) => ratio)
    if (
      getRatio === undefined ||
      postRatio === undefined ||
      socketRatio === undefined ||
      postFastify === undefined
    ) {
      throw new Error('a contender is missing')
    }
    return {
      name: 'hot-routes',
      rounds: options.rounds,
      noisy: result.base.noisy,
      figures: [
        {
          what: 'GET token, 64 connections, against bare node:http',
          value: getRatio,
          must: 0.85,
          aim: 1.1,
          better: 'higher',
        },
        { what: 'POST token, the same', value: postRatio, must: 0.65, aim: 0.8, better: 'higher' },
        {
          what: 'POST token against an ordinary fastify route',
          value: postFastify,
          must: 1.15,
          aim: 1.4,
          better: 'higher',
        },
        {
          what: 'GET token over the UNIX socket',
          value: socketRatio,
          must: 1,
          aim: 1.4,
          better: 'higher',
        },
      ],
      details: { result, against },
    }
  },
}

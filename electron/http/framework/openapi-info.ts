import type { HttpContext } from '../http-context.ts'

export function openapiInfo({ keyway, address }: HttpContext) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Keyway local API',
      version: keyway.snapshot().server.version,
      description:
        'Fresh access tokens and proxied API requests for local programs. Loopback only; every call wants an app key. ' +
        'Failures have a code, a message and a nextStep.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: address.url ?? `http://127.0.0.1:${keyway.settings.get().port}` }],
    tags: [
      { name: 'Tokens', description: 'A token that works right now, or the reason why not.' },
      { name: 'Requests', description: 'API calls through Keyway; the caller never sees the token.' },
      { name: 'Connections', description: 'Accounts that are connected, and connecting them.' },
      { name: 'Apps', description: 'Pairing, and what an app may do.' },
      {
        name: 'Approvals',
        description: 'Answering for the person; wants a key that the person gave this right.',
      },
      { name: 'Providers', description: 'Registering providers; wants the manage grant.' },
      { name: 'Toolshed', description: 'The same in toolshed’s words; userId is the account.' },
      { name: 'Server', description: 'Health, events and this description.' },
    ],
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey' as const, in: 'header' as const, name: 'X-API-Key' },
        bearer: { type: 'http' as const, scheme: 'bearer' },
        pollToken: { type: 'http' as const, scheme: 'bearer' },
      },
    },
    security: [{ apiKey: [] }, { bearer: [] }],
  }
}

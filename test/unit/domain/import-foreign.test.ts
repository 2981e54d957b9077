// Files of other tools, made up after their documentation; no id, secret or host in them is real.
import { describe, expect, test } from 'vitest'
import type { ImportedProvider } from '../../../shared/contract/transfer.ts'
import { providerInput } from '../../../shared/contract/provider.ts'
import { readForeign } from '../../../shared/domain/foreign/foreign.ts'

function read(text: string, format: Parameters<typeof readForeign>[1] = 'auto') {
  const result = readForeign(text, format)
  if (result.kind !== 'read') throw new Error(`unreadable: ${result.problem} (line ${result.line})`)
  for (const { draft } of result.providers)
    expect(providerInput.safeParse(draft).error?.issues).toBeUndefined()
  return result
}

const only = (providers: ImportedProvider[]): ImportedProvider => {
  expect(providers).toHaveLength(1)
  return providers[0]!
}

describe('oidc-agent', () => {
  test('an issuer list becomes providers by discovery, with the public client where there is one', () => {
    const { format, providers } = read(
      JSON.stringify([
        {
          issuer: 'https://login.example.test/auth/realms/science',
          contact: 'help@example.test',
          pubclient: { client_id: 'made-up-agent', scope: 'openid profile offline_access', flow: ['device'] },
        },
        {
          issuer: 'https://plain.example.test',
          oauth: true,
          manual_register: 'https://plain.example.test/apps',
        },
      ]),
    )
    expect(format).toBe('oidc-agent')
    expect(providers.map(({ draft }) => draft)).toEqual([
      expect.objectContaining({
        slug: 'login-example-test',
        clientId: 'made-up-agent',
        flow: 'device_code',
        scopes: ['openid', 'profile', 'offline_access'],
        spec: { discovery: { issuer: 'https://login.example.test/auth/realms/science' } },
      }),
      expect.objectContaining({
        clientId: '',
        spec: { discovery: { issuer: 'https://plain.example.test', kind: 'oauth2' } },
      }),
    ])
    expect(providers[0]!.notes.join(' ')).toContain('help@example.test')
    expect(providers[1]!.missing).toEqual(['clientId'])
    expect(providers[1]!.notes.join(' ')).toContain('https://plain.example.test/apps')
  })

  test('the older lists, one line each, are read as well', () => {
    const lines = read(
      '# known issuers\nhttps://one.example.test/ https://one.example.test/register help@one.example.test\nhttps://two.example.test/oidc\n',
    )
    expect(lines.providers.map(({ draft }) => draft.spec)).toEqual([
      { discovery: { issuer: 'https://one.example.test/' } },
      { discovery: { issuer: 'https://two.example.test/oidc' } },
    ])
    const clients = read('made-up-id:made-up-secret@https://one.example.test/@openid email\n')
    expect(only(clients.providers).draft).toMatchObject({
      clientId: 'made-up-id',
      clientSecret: 'made-up-secret',
      scopes: ['openid', 'email'],
    })
  })

  test("an account's refresh token is not taken over, and the notes say what to do", () => {
    const account = {
      name: 'science',
      issuer_url: 'https://login.example.test/',
      client_id: 'made-up-id',
      client_secret: 'made-up-secret',
      refresh_token: 'made-up-refresh-token',
      scope: 'openid',
      cert_path: '/etc/ssl/certs/ca.pem',
    }
    const provider = only(read(JSON.stringify(account)).providers)
    expect(provider.draft).toMatchObject({ slug: 'science', clientSecret: 'made-up-secret' })
    expect(JSON.stringify(provider)).not.toContain('made-up-refresh-token')
    expect(provider.notes.join(' ')).toMatch(/refresh token was not taken over.*/)
    expect(provider.notes.join(' ')).toContain('/etc/ssl/certs/ca.pem')
  })
})

describe('pizauth', () => {
  const file = `
    // Reminders
    auth_notify_cmd = "notify-send \\"sign in\\" // not a comment";
    auth_notify_interval = 15m;
    account "officesmtp" {
        auth_uri = "https://login.example.test/common/oauth2/v2.0/authorize";
        token_uri = "https://login.example.test/common/oauth2/v2.0/token";
        client_id = "made-up-id"; // mine
        client_secret = "made-up-secret";
        scopes = [
          "https://mail.example.test/IMAP.AccessAsUser.All",
          "offline_access"
        ];
        auth_uri_fields = { "login_hint": "ada@example.test", "prompt": "consent" };
        refresh_at_least = 90m;
        redirect_uri = "http://localhost/";
    }
    account "officeimap" {
        auth_uri = "https://login.example.test/common/oauth2/v2.0/authorize";
        token_uri = "https://login.example.test/common/oauth2/v2.0/token";
        client_id = "made-up-id";
        scopes = ["https://mail.example.test/SMTP.Send"];
        login_hint = "grace@example.test";
    }
    account "other" {
        auth_uri = "...";
        token_uri = "https://other.example.test/token";
        client_id = "...";
        scopes = [];
    }`

  test('accounts of one client are one provider; hints, fields and what is left out are named', () => {
    const { format, providers } = read(file)
    expect(format).toBe('pizauth')
    expect(providers).toHaveLength(2)
    expect(providers[0]!.draft).toEqual({
      slug: 'login-example-test',
      name: 'login.example.test',
      clientId: 'made-up-id',
      clientSecret: 'made-up-secret',
      flow: 'authorization_code',
      scopes: [
        'https://mail.example.test/IMAP.AccessAsUser.All',
        'offline_access',
        'https://mail.example.test/SMTP.Send',
      ],
      spec: {
        endpoints: {
          authorization: 'https://login.example.test/common/oauth2/v2.0/authorize',
          token: 'https://login.example.test/common/oauth2/v2.0/token',
        },
        client: { auth: 'client_secret_post' },
        authorize: { extraParams: { prompt: 'consent' } },
      },
    })
    const notes = providers[0]!.notes.join(' ')
    for (const word of [
      'officesmtp, officeimap',
      'ada@example.test',
      'grace@example.test',
      'refresh_at_least',
    ])
      expect(notes).toContain(word)
    expect(providers[1]!.missing).toEqual(['endpoints.authorization', 'clientId'])
  })

  test('a mistake is told by its line', () => {
    expect(
      readForeign('account "a" {\n  auth_uri = "https://a.example.test"\n  client_id = "x";\n}', 'auto'),
    ).toEqual({
      kind: 'unreadable',
      problem: '";" is expected here.',
      line: 3,
    })
    expect(readForeign('account "a" {\n  auth_uri = "https://a.example.test";', 'auto')).toMatchObject({
      kind: 'unreadable',
      problem: 'The account has no end.',
    })
  })
})

describe('email-oauth2-proxy', () => {
  const file = `[Server setup]
documentation = Local servers are specified as demonstrated below,
	with a token_url in words only

[IMAP-1993]
server_address = outlook.example.test

[ada@example.test]
permission_url = https://login.example.test/authorize
token_url = https://login.example.test/token
oauth2_scope = https://mail.example.test/IMAP.AccessAsUser.All
	offline_access
redirect_uri = http://localhost:8080
client_id = made-up-id
client_secret = made-up%secret
token_salt = bWFkZS11cA==
refresh_token = gAAAAABmade-up

[*** your.email@gmail.com ***]
permission_url = https://accounts.example.test/auth
token_url = https://accounts.example.test/token
oauth2_scope = https://mail.example.test/
client_id = *** your client id here ***
client_secret = *** your client secret here ***
oauth2_flow = service_account
`

  test('each account section is a provider; samples and encrypted tokens stay behind', () => {
    const { format, providers } = read(file)
    expect(format).toBe('email-oauth2-proxy')
    expect(providers).toHaveLength(2)
    expect(providers[0]!.draft).toMatchObject({
      slug: 'ada-example-test',
      clientId: 'made-up-id',
      clientSecret: 'made-up%secret',
      scopes: ['https://mail.example.test/IMAP.AccessAsUser.All', 'offline_access'],
      spec: { client: { auth: 'client_secret_post' } },
    })
    expect(JSON.stringify(providers[0])).not.toContain('gAAAAAB')
    expect(providers[0]!.notes.join(' ')).toMatch(/tokens are encrypted.*http:\/\/localhost:8080/)
    expect(providers[1]!.draft).not.toHaveProperty('clientSecret')
    expect(providers[1]!.missing).toContain('clientId')
    expect(providers[1]!.notes.join(' ')).toContain('service_account')
  })
})

describe('Postman', () => {
  const oauth2 = (fields: Record<string, unknown>) => ({
    type: 'oauth2',
    oauth2: Object.entries(fields).map(([key, value]) => ({ key, value, type: 'any' })),
  })
  const collection = {
    info: {
      name: 'Acme API',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [{ key: 'host', value: 'https://auth.example.test' }],
    auth: oauth2({
      grant_type: 'authorization_code_with_pkce',
      authUrl: '{{host}}/authorize',
      accessTokenUrl: '{{host}}/token',
      refreshTokenUrl: '{{host}}/refresh',
      clientId: 'made-up-id',
      clientSecret: '{{secret}}',
      scope: 'read write',
      redirect_uri: 'https://oauth.pstmn.io/v1/callback',
      client_authentication: 'header',
      challengeAlgorithm: 'S256',
      authRequestParams: [{ key: 'audience', value: 'https://api.example.test', enabled: true }],
      tokenRequestParams: [
        { key: 'X-Tenant', value: '7', enabled: true, send_as: 'request_header' },
        { key: 'off', value: '1', enabled: false },
      ],
      accessToken: 'made-up-access-token',
      headerPrefix: 'Token',
    }),
    item: [
      { name: 'Folder', item: [{ name: 'Same', request: { auth: null } }] },
      {
        name: 'Machine',
        request: {
          auth: oauth2({
            grant_type: 'client_credentials',
            accessTokenUrl: 'https://auth.example.test/token',
            clientId: 'robot',
          }),
        },
      },
    ],
  }

  test('blocks of collection, folders and requests; variables are filled from the collection or named', () => {
    const { format, providers } = read(JSON.stringify(collection))
    expect(format).toBe('postman')
    expect(providers).toHaveLength(2)
    expect(providers[0]!.draft).toEqual({
      slug: 'acme-api',
      name: 'Acme API',
      clientId: 'made-up-id',
      scopes: ['read', 'write'],
      flow: 'authorization_code',
      spec: {
        endpoints: {
          authorization: 'https://auth.example.test/authorize',
          token: 'https://auth.example.test/token',
        },
        client: { auth: 'client_secret_basic' },
        authorize: { pkce: 'S256', extraParams: { audience: 'https://api.example.test' } },
        token: { headers: { 'X-Tenant': '7' } },
        refresh: { url: 'https://auth.example.test/refresh' },
      },
    })
    const notes = providers[0]!.notes.join(' ')
    for (const word of ['client secret is a variable', 'oauth.pstmn.io', 'tokens in the file', '"Token …"'])
      expect(notes).toContain(word)
    expect(JSON.stringify(providers)).not.toContain('made-up-access-token')
    expect(providers[1]!.draft).toMatchObject({
      slug: 'machine',
      flow: 'client_credentials',
      clientId: 'robot',
    })
  })

  test('a flow that Keyway does not have is said, not silently changed', () => {
    const block = oauth2({
      grant_type: 'password_credentials',
      accessTokenUrl: 'https://a.example.test/t',
      clientId: 'c',
    })
    expect(only(read(JSON.stringify({ auth: block })).providers).notes.join(' ')).toContain(
      'password_credentials',
    )
  })
})

describe('Insomnia', () => {
  const authentication = {
    type: 'oauth2',
    grantType: 'authorization_code',
    authorizationUrl: '{{ _.auth.base }}/authorize',
    accessTokenUrl: '{{ _.auth.base }}/token',
    clientId: 'made-up-id',
    clientSecret: 'made-up-secret',
    scope: 'read',
    usePkce: true,
    pkceMethod: 'S256',
    credentialsInBody: true,
    audience: 'api',
    redirectUrl: 'https://insomnia.example.test/cb',
  }
  const wanted = {
    clientId: 'made-up-id',
    clientSecret: 'made-up-secret',
    spec: {
      endpoints: {
        authorization: 'https://auth.example.test/authorize',
        token: 'https://auth.example.test/token',
      },
      client: { auth: 'client_secret_post' },
      authorize: { pkce: 'S256', extraParams: { audience: 'api' } },
      token: { extraParams: { audience: 'api' } },
    },
  }

  test('the flat JSON of version 4, with its base environment', () => {
    const { format, providers } = read(
      JSON.stringify({
        _type: 'export',
        __export_format: 4,
        resources: [
          { _id: 'wrk_1', _type: 'workspace', name: 'Work' },
          {
            _id: 'env_2',
            parentId: 'env_1',
            _type: 'environment',
            data: { auth: { base: 'https://wrong.example.test' } },
          },
          {
            _id: 'env_1',
            parentId: 'wrk_1',
            _type: 'environment',
            data: { auth: { base: 'https://auth.example.test' } },
          },
          { _id: 'req_1', _type: 'request', name: 'List', authentication },
        ],
      }),
    )
    expect(format).toBe('insomnia')
    expect(only(providers).draft).toMatchObject({ name: 'List', ...wanted })
  })

  test('the YAML of version 5', () => {
    const { format, providers } = read(`type: collection.insomnia.rest/5.0
name: Work # the collection
meta:
  id: wrk_1
  description: |-
    several lines: with colons
      - and dashes
collection:
  - name: Folder
    children:
      - url: https://api.example.test/things
        name: "List \\"things\\""
        method: GET
        headers:
          - name: User-Agent
            value: 'it''s insomnia'
        authentication:
          type: oauth2
          grantType: authorization_code
          authorizationUrl: "{{ _.auth.base }}/authorize"
          accessTokenUrl: "{{ _.auth.base }}/token"
          clientId: made-up-id
          clientSecret: made-up-secret
          scope: read
          usePkce: true
          pkceMethod: S256
          credentialsInBody: true
          audience: api
environments:
  name: Base Environment
  data:
    auth:
      base: https://auth.example.test
`)
    expect(format).toBe('insomnia')
    expect(only(providers).draft).toMatchObject({ name: 'List "things"', ...wanted })
  })

  test('YAML that is not read here is told by its line', () => {
    for (const text of ['name: "no end', 'name: [no end', 'name: a: b', "name: 'x' y"]) {
      const result = readForeign(`type: collection.insomnia.rest/5.0\n${text}`, 'auto')
      expect([text, result]).toEqual([text, expect.objectContaining({ kind: 'unreadable', line: 2 })])
    }
  })

  test('an alias stands for what it names; one that names nothing, or a mountain of them, is refused', () => {
    const head = 'type: collection.insomnia.rest/5.0\n'
    const named = `${head}collection:
  - &one
    name: One
    authentication: { type: oauth2, grantType: authorization_code, accessTokenUrl: "https://a.example.test/t", authorizationUrl: "https://a.example.test/a", clientId: 0123456789012345678901 }
  - *one
`
    expect(read(named).providers.map(({ draft }) => draft.clientId)).toContain('0123456789012345678901')
    expect(readForeign(`${head}name: *nobody\n`, 'auto').kind).toBe('unreadable')
    const laughs = Array.from(
      { length: 12 },
      (_, n) =>
        `a${n}: &a${n} [${Array<string>(9)
          .fill(n === 0 ? 'x' : `*a${n - 1}`)
          .join(', ')}]`,
    )
    expect(readForeign(`${head}${laughs.join('\n')}\n`, 'auto')).toMatchObject({ kind: 'unreadable' })
    expect(readForeign(`${head}name: ${'['.repeat(100_000)}\n`, 'auto')).toMatchObject({ kind: 'unreadable' })
  })
})

describe('Bruno', () => {
  test('a .bru file with additional parameters and its own variables', () => {
    const { format, providers } = read(`meta {
  name: Things
  type: http
}

get {
  url: https://api.example.test/things
  auth: oauth2
}

auth:oauth2 {
  grant_type: authorization_code
  callback_url: https://localhost:8080/cb
  authorization_url: {{base}}/authorize
  access_token_url: {{base}}/token
  refresh_token_url: {{base}}/token
  client_id: made-up-id
  client_secret: {{process.env.SECRET}}
  scope: read write
  state: abc
  pkce: true
  credentials_placement: basic_auth_header
  token_placement: url
}

auth:oauth2:additional_params:auth_req:queryparams {
  prompt: consent
  ~off: 1
}

vars:pre-request {
  base: https://auth.example.test
}
`)
    expect(format).toBe('bruno')
    expect(only(providers).draft).toEqual({
      slug: 'things',
      name: 'Things',
      clientId: 'made-up-id',
      scopes: ['read', 'write'],
      flow: 'authorization_code',
      spec: {
        endpoints: {
          authorization: 'https://auth.example.test/authorize',
          token: 'https://auth.example.test/token',
        },
        client: { auth: 'client_secret_basic' },
        authorize: { pkce: 'S256', extraParams: { prompt: 'consent' } },
      },
    })
    expect(providers[0]!.notes.join(' ')).toMatch(/put the token into addresses/)
  })

  test('an exported collection as JSON, and the newer YAML', () => {
    const json = read(
      JSON.stringify({
        name: 'Acme',
        items: [
          {
            name: 'Machine',
            request: {
              auth: {
                mode: 'oauth2',
                oauth2: {
                  grantType: 'client_credentials',
                  accessTokenUrl: 'https://auth.example.test/token',
                  clientId: 'robot',
                  credentialsPlacement: 'body',
                },
              },
            },
          },
        ],
      }),
    )
    expect(json.format).toBe('bruno')
    expect(only(json.providers).draft).toMatchObject({
      name: 'Machine',
      flow: 'client_credentials',
      spec: { client: { auth: 'client_secret_post' } },
    })
    const yaml = read(`opencollection: 1.0.0
info:
  name: Acme
request:
  auth:
    type: oauth2
    flow: authorization_code
    authorizationUrl: https://auth.example.test/authorize
    accessTokenUrl: https://auth.example.test/token
    credentials:
      clientId: made-up-id
      placement: basic_auth_header
    pkce:
      enabled: true
      method: S256
`)
    expect(yaml.format).toBe('bruno')
    expect(only(yaml.providers).draft).toMatchObject({
      name: 'Acme',
      clientId: 'made-up-id',
      spec: { client: { auth: 'client_secret_basic' }, authorize: { pkce: 'S256' } },
    })
  })
})

describe('junk', () => {
  test.each([
    ['prose', 'Dear Keyway, please import my tokens.'],
    ['JSON of somebody else', '{"name":"keyway","version":"1"}'],
    ['a list of numbers', '[1,2,3]'],
    ['only comments', '# nothing\n'],
    ['markup', '<html><body>account</body></html>'],
  ])('%s is nobody’s file, and it is said', (_, text) => {
    expect(readForeign(text, 'auto')).toMatchObject({ kind: 'unreadable' })
  })

  test('broken JSON is told by its line, without a word of its text', () => {
    const result = readForeign('{\n  "clientSecret": made-up-secret-value\n}', 'auto')
    expect(result).toMatchObject({ kind: 'unreadable', line: 2 })
    expect(JSON.stringify(result)).not.toContain('made-up')
  })

  test('an address that is not safe is left out and named', () => {
    const line = JSON.stringify([{ issuer: 'http://login.example.test' }])
    const provider = only(read(line).providers)
    expect(provider.draft.spec).toEqual({})
    expect(provider.notes.join(' ')).toContain('not an https address')
    expect(provider.missing).toEqual(['discovery.issuer', 'clientId', 'endpoints.token'])
  })

  test.each([
    ['carriage returns', '\r'],
    ['breaks and tabs', '\n\t'],
    ['blanks', ' '],
    ['breaks', '\n'],
    ['equal signs', '= '],
    ['colons', 'a: : : '],
    ['quotes', '"\\'],
    ['brackets', '[ ] '],
    ['accounts', 'account "'],
    ['braces', '{'],
    ['dashes', '- '],
  ])(
    'five megabytes of %s are read to their end, whatever stands in front of them',
    (_name, piece) => {
      const text = piece.repeat(Math.ceil((5 * 1024 * 1024) / piece.length))
      for (const before of ['', '[a@b.c]\n', '{', 'meta {\n', '\n\taccount "a" {']) {
        expect(['read', 'unreadable']).toContain(readForeign(before + text, 'auto').kind)
      }
    },
    120_000,
  )

  test('a tree without end does not hang and names from a prototype do nothing', () => {
    const deep = '{"item":['.repeat(3000) + ']}'.repeat(3000)
    expect(readForeign(deep, 'auto').kind).toBe('unreadable')
    const sly =
      '{"auth":{"type":"oauth2","oauth2":[{"key":"__proto__","value":{"clientId":"x"}},{"key":"clientId","value":"c"}]}}'
    expect(only(read(sly).providers).draft.clientId).toBe('c')
  })
})

describe('what tools mean', () => {
  test('email-oauth2-proxy: in the device flow, permission_url is where the code comes from', () => {
    const { providers } = read(`[Server setup]

[IMAP-1993]
local_address = 127.0.0.1

[ada@example.test]
permission_url = https://login.example.test/devicecode
token_url = https://login.example.test/token
oauth2_flow = device
oauth2_scope = offline_access imap
client_id = *** your client id here ***
client_secret = *** your client secret here ***

[bob@example.test]
permission_url = https://login.example.test/authorize
`)
    const { draft, notes, missing } = only(providers)
    expect(draft).toMatchObject({
      clientId: '',
      flow: 'device_code',
      spec: {
        endpoints: {
          deviceAuthorization: 'https://login.example.test/devicecode',
          token: 'https://login.example.test/token',
        },
      },
    })
    expect(draft).not.toHaveProperty('clientSecret')
    expect(draft).not.toHaveProperty('spec.endpoints.authorization')
    expect(missing).toEqual(['clientId'])
    expect(notes.join('\n')).toMatch(/client id is a variable or a sample/)
    expect(notes.join('\n')).toMatch(/client secret is a variable or a sample/)
    expect(notes.join('\n')).toMatch(/bob@example\.test/)
  })

  test.each([
    '*** your client id here ***',
    'https://login.example.test/*** your tenant id here ***/token',
    '<your client id>',
    'YOUR_CLIENT_ID',
    'your-client-id-here',
    'my-client-secret',
    'INSERT_YOUR_CLIENT_ID',
    'enter your client id',
    'xxxxxxxx',
    'changeme',
    '<<clientId>>',
    '{{clientId}}',
  ])('the sample %j is not kept as if it were real, and is said', (sample) => {
    const { draft, notes } = only(read(postmanWith({ clientId: sample, clientSecret: sample })).providers)
    expect(draft.clientId).toBe('')
    expect(draft).not.toHaveProperty('clientSecret')
    expect(notes).toContain('The client id is a variable or a sample.')
  })

  test.each(['0oa1x2y3z4', 'mydata-prod-1234', 'your123abc', 'xx', 'k<3>9', 'examples-inc', 'todo-list-app'])(
    'a real id such as %j is kept',
    (id) => {
      expect(only(read(postmanWith({ clientId: id })).providers).draft.clientId).toBe(id)
    },
  )

  test('Bruno: a value of several lines, and one between quotes on one line', () => {
    const { providers } = read(
      "meta {\r\n  name: Long\r\n}\r\n\r\nauth:oauth2 {\r\n  grant_type: authorization_code\r\n  authorization_url: https://auth.example.test/authorize\r\n  access_token_url: '''https://auth.example.test/token'''\r\n  client_id: made-up\r\n  scope: '''\r\n    read\r\n    write\r\n  '''\r\n  client_secret: made-up-secret\r\n}\r\n",
    )
    expect(only(providers).draft).toMatchObject({
      scopes: ['read', 'write'],
      clientSecret: 'made-up-secret',
      spec: { endpoints: { token: 'https://auth.example.test/token' } },
    })
  })

  test('Postman: an audience that is an object is said, not dropped without a word', () => {
    const { draft, notes } = only(
      read(postmanWith({ clientId: 'id', audience: { kind: 'api' }, scope: ['read'] })).providers,
    )
    expect(JSON.stringify(draft)).not.toContain('audience')
    expect(notes).toContain('The setting "audience" is not a text, so it was left out.')
    expect(notes).toContain('The setting "scope" is not a text, so it was left out.')
  })

  test.each(['installed', 'web'] as const)('Google client_secret.json (%s)', (kind) => {
    const { format, providers } = read(
      `\uFEFF${JSON.stringify({
        [kind]: {
          client_id: '1234.apps.example.test',
          project_id: 'made-up',
          auth_uri: 'https://accounts.google.com/o/oauth2/auth',
          token_uri: 'https://oauth2.googleapis.com/token',
          client_secret: 'made-up-secret',
          redirect_uris: ['http://localhost'],
          unknown: { a: 1 },
        },
      })}`,
    )
    expect(format).toBe('google-client')
    const { draft, notes, missing } = only(providers)
    expect(draft).toMatchObject({
      name: 'Google made-up',
      clientId: '1234.apps.example.test',
      clientSecret: 'made-up-secret',
      spec: {
        endpoints: {
          authorization: 'https://accounts.google.com/o/oauth2/auth',
          token: 'https://oauth2.googleapis.com/token',
        },
        authorize: { extraParams: { access_type: 'offline' } },
      },
    })
    expect(missing).toEqual([])
    expect(notes.join('\n')).toContain('http://localhost')
    expect(notes.some((note) => note.includes('web client'))).toBe(kind === 'web')
  })

  test('the key of a Google service account is named as what it is', () => {
    const key = { type: 'service_account', private_key: '-----BEGIN made up', client_email: 'a@b.test' }
    expect(readForeign(JSON.stringify(key), 'auto')).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining('service account'),
    })
  })

  test('rclone: remotes with OAuth become providers, the others and the tokens are said', () => {
    const { format, providers } = read(`# a comment
[work]
type = drive
client_id = 1234.apps.example.test
client_secret = made-up-secret
scope = drive.readonly
token = {"access_token":"made-up-access","refresh_token":"made-up-refresh","expiry":"2026-01-01T00:00:00Z"}

[home]
type = dropbox
token = {"access_token":"made-up"}

[odd]
type = hidrive
client_id = odd-id
auth_url = https://auth.example.test/authorize
token_url = https://auth.example.test/token
token = {"access_token":"made-up"}

[disk]
type = sftp
host = example.test
`)
    expect(format).toBe('rclone')
    expect(providers.map(({ draft }) => [draft.name, draft.clientId, draft.scopes])).toEqual([
      ['work', '1234.apps.example.test', ['https://www.googleapis.com/auth/drive.readonly']],
      ['home', '', []],
      ['odd', 'odd-id', []],
    ])
    expect(providers[1]?.notes.join('\n')).toMatch(/rclone's own client/)
    expect(providers[0]?.notes.join('\n')).toMatch(/token was left out/)
    expect(providers[0]?.notes.join('\n')).toMatch(/disk/)
    expect(JSON.stringify(providers)).not.toContain('made-up-refresh')
    expect(JSON.stringify(providers)).not.toContain('made-up-access')
  })

  test('an encrypted rclone configuration is said to be one', () => {
    expect(
      readForeign('# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabcdef==\n', 'auto'),
    ).toMatchObject({ kind: 'unreadable', problem: expect.stringContaining('rclone config show') })
  })

  test('Hoppscotch: collections of every version, with their variables', () => {
    const collection = {
      v: 5,
      name: 'Shop',
      variables: [{ key: 'host', initialValue: 'https://auth.example.test', currentValue: '' }],
      folders: [],
      requests: [
        {
          name: 'Orders',
          auth: {
            authType: 'oauth-2',
            authActive: true,
            addTo: 'QUERY_PARAMS',
            grantTypeInfo: {
              grantType: 'AUTHORIZATION_CODE',
              authEndpoint: '<<host>>/authorize',
              tokenEndpoint: '<<host>>/token',
              clientID: 'made-up',
              clientSecret: '<<secret>>',
              scopes: 'read write',
              isPKCE: true,
              codeVerifierMethod: 'S256',
              token: 'made-up-token',
              authRequestParams: [{ key: 'prompt', value: 'consent', active: true }],
            },
          },
        },
      ],
    }
    const { format, providers } = read(JSON.stringify([collection]))
    expect(format).toBe('hoppscotch')
    const { draft, notes } = only(providers)
    expect(draft).toMatchObject({
      name: 'Orders',
      clientId: 'made-up',
      scopes: ['read', 'write'],
      spec: {
        endpoints: {
          authorization: 'https://auth.example.test/authorize',
          token: 'https://auth.example.test/token',
        },
        authorize: { pkce: 'S256', extraParams: { prompt: 'consent' } },
      },
    })
    expect(draft).not.toHaveProperty('clientSecret')
    expect(notes.join('\n')).toMatch(/client secret is a variable/)
    expect(notes.join('\n')).toMatch(/tokens in the file were left out/)
    expect(notes.join('\n')).toMatch(/put the token into addresses/)
  })

  test('Hoppscotch before grantTypeInfo', () => {
    const auth = {
      authType: 'oauth-2',
      authActive: false,
      authURL: 'https://auth.example.test/authorize',
      accessTokenURL: 'https://auth.example.test/token',
      clientID: 'made-up',
      scope: 'read',
      token: '',
    }
    const { draft, notes } = only(read(JSON.stringify({ v: 1, name: 'Old', auth })).providers)
    expect(draft).toMatchObject({ name: 'Old', clientId: 'made-up', scopes: ['read'] })
    expect(notes).toContain('It was switched off there.')
  })
})

function postmanWith(fields: Record<string, unknown>): string {
  const oauth2 = Object.entries({
    authUrl: 'https://auth.example.test/authorize',
    accessTokenUrl: 'https://auth.example.test/token',
    ...fields,
  }).map(([key, value]) => ({ key, value, type: typeof value }))
  return JSON.stringify({ info: { name: 'Samples' }, auth: { type: 'oauth2', oauth2 }, item: [] })
}

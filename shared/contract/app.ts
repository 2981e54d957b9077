import { z } from 'zod'
import './issue-words.ts'
import { nameSchema, storedName, visibleText, VISIBLE_TEXT } from './name.ts'
import { patchOf } from './slug.ts'

const hostPattern = z
  .string()
  .trim()
  .min(1)
  .max(260)
  .regex(/^[^\s/\\@?#]+$/, 'A host such as api.example.com, or *.example.com.')
export const httpMethod = z.enum(
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  'One of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.',
)

/** What one app may do with some connections. */
export const grant = z.strictObject({
  /** `*`: every connection, including later ones; or a provider id; or a connection id. */
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('provider'), providerId: z.string().min(1).max(64) }),
    z.strictObject({ kind: z.literal('connection'), connectionId: z.string().min(1).max(64) }),
  ]),
  /** May receive the access token itself. */
  token: z.boolean().default(false),
  /** May send requests through Keyway without seeing the token. */
  proxy: z.boolean().default(true),
  /** Empty: every host that the connection allows. `*.example.com` matches subdomains. */
  hosts: z.array(hostPattern).max(50).default([]),
  /** Empty: every method. */
  methods: z.array(httpMethod).max(7).default([]),
  /** Empty: every path. `*` matches one segment, `**` any number of segments. */
  paths: z.array(z.string().min(1).max(500).regex(/^\//, 'A path begins with a slash.')).max(50).default([]),
  expiresAt: z.number().nullable().default(null),
  /** `ask`: each use needs the person's approval, which can be remembered for 10 minutes or always. */
  approval: z.enum(['allow', 'ask']).default('allow'),
})
export type Grant = z.output<typeof grant>

/** A provider and scopes that an app declares as needed, as toolshed's plugins do. */
export const authProvider = z.strictObject({
  id: z.string().max(100).optional(),
  type: z.literal('oauth2').default('oauth2'),
  provider: z.string().min(1).max(64),
  scopes: z.array(z.string().max(300)).max(200).default([]),
})

/** A need as a program sends it; an approval shows it. */
export const declaredNeeds = z
  .array(
    authProvider.extend({
      provider: authProvider.shape.provider.refine(visibleText, VISIBLE_TEXT),
      scopes: z.array(z.string().max(300).refine(visibleText, VISIBLE_TEXT)).max(200).default([]),
    }),
  )
  .max(50)

export const appInput = z.strictObject({
  name: nameSchema({ empty: 'A name is needed.' }),
  grants: z.array(grant).max(100).default([]),
  /** May register and change providers over HTTP. */
  manage: z.boolean().default(false),
  /** May answer approvals of other apps for the person; never its own approvals, never a pairing. */
  approve: z.boolean().default(false),
  /** Browser origins from which this app may call and to which a connect link may return. */
  origins: z
    .array(z.string().regex(/^https?:\/\/[^\s/\\@?#]+$/, 'An origin such as https://app.example.com'))
    .max(20)
    .default([]),
  authProviders: z.array(authProvider).max(50).default([]),
})
export type AppInput = z.output<typeof appInput>
export type AppDraft = z.input<typeof appInput>
export const appPatch = patchOf(appInput.extend({ paused: z.boolean() }))
export type AppPatch = z.output<typeof appPatch>

/** A key is `kw_` + 43 base64url characters (256 bits); only its SHA-256 is stored. */
export const appKeyRecord = z.strictObject({
  id: z.string(),
  sha256: z.string().length(64),
  createdAt: z.number(),
  /** End of the rotation overlap: after this time the key is refused. Epoch ms. */
  expiresAt: z.number().nullable(),
})

export const appRecord = appInput.extend({
  name: storedName,
  id: z.string(),
  paused: z.boolean(),
  keys: z.array(appKeyRecord).max(10),
  createdAt: z.number(),
  updatedAt: z.number(),
  lastUsedAt: z.number().nullable(),
})
export type AppRecord = z.output<typeof appRecord>

/** An approval that is remembered for ten minutes: for the token, or for one method at one host. */
export type RememberedUse = {
  connectionId: string
  what: 'token' | 'proxy'
  method: string | null
  host: string | null
  /** Epoch ms. */
  until: number
}

export type AppView = Omit<AppRecord, 'keys'> & {
  keys: ReadonlyArray<{ id: string; createdAt: number; expiresAt: number | null }>
  /** Declared needs that no connection covers yet. */
  missing: ReadonlyArray<{ provider: string; scopes: string[] }>
  remembered: readonly RememberedUse[]
}

/** A local program that requests to be paired. */
export const pairInput = z.strictObject({
  name: appInput.shape.name,
  authProviders: declaredNeeds.default([]),
  grants: z
    .array(
      z.strictObject({
        provider: z.string().min(1).max(64).refine(visibleText, VISIBLE_TEXT),
        token: z.boolean().default(false),
        proxy: z.boolean().default(true),
        methods: grant.shape.methods,
        paths: grant.shape.paths.refine((paths) => paths.every(visibleText), VISIBLE_TEXT),
      }),
    )
    .max(50)
    .default([]),
  manage: z.boolean().default(false),
})
export type PairInput = z.output<typeof pairInput>

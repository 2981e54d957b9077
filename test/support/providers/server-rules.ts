// How a non-conformant server deviates, as data. An empty object is a strict RFC 6749 + 7636 server with
// rotating refresh tokens.
import type { SeenRequest } from './server-request.ts'

export type Fields = Record<string, unknown>
export type Reply = { status?: number; headers?: Record<string, string>; body: string | Fields | unknown[] }
/** Values a request must have: exact, by pattern, or just there. */
export type Wanted = Readonly<Record<string, string | RegExp | true>>

export type ServerRules = {
  client?: {
    id?: string
    /** Null: a public client; a secret from it is refused. */
    secret?: string | null
    /** Where id and secret must be. `any` takes Basic and body. */
    auth?: 'basic' | 'basic-raw' | 'basic-empty' | 'post' | 'none' | 'any' | 'unregistered'
    idName?: string
    secretName?: string
  }
  /** Characters by which tokens are longer than need be. */
  padding?: number
  /** Parameters that this server knows under another name. */
  names?: Readonly<Record<string, string>>
  authorize?: {
    path?: string
    required?: Wanted
    forbidden?: readonly string[]
    /** Which redirect addresses are registered; null is none in the request. */
    redirect?: (uri: string | null) => boolean
    pkce?: 'required' | 'forbidden' | 'hex' | 'plain' | 'ignored'
    /** The method that is assumed when none is named. */
    defaultMethod?: 'plain' | 'S256'
    echoesState?: boolean
    minState?: number
    callback?: (request: SeenRequest, origin: string) => Readonly<Record<string, string>>
    codeSuffix?: string
    /** How long a code is taken. */
    codeLifetimeMs?: number
    /** Signs the callback with the secret, under this name. */
    hmac?: string
    scopeSeparator?: ' ' | ','
  }
  token?: {
    path?: string
    method?: 'POST' | 'GET'
    format?: 'form' | 'json' | 'query'
    required?: Wanted
    forbidden?: readonly string[]
    headers?: Wanted
    /** Also where grant_type is left out, by these parameters' presence. */
    withoutGrantType?: boolean
    redirectUri?: 'compared' | 'forbidden'
  }
  refresh?: {
    path?: string
    method?: 'POST' | 'GET'
    required?: Wanted
    forbidden?: readonly string[]
    rotates?: boolean
    /** The used-up token is still taken. */
    grace?: boolean
    /** No refresh token unless this authorization parameter or scope was there. */
    needs?: { param?: readonly [string, string]; scope?: string }
    none?: boolean
  }
  /** From the standard fields to what this server answers. */
  reply?: (fields: Fields, about: { grant: string; origin: string }) => Reply | Fields
  failure?: (code: string, description: string) => Reply
  revoke?: {
    path?: string
    method?: 'POST' | 'DELETE' | 'GET'
    format?: SeenRequest['format']
    /** Which credential must come with it. */
    auth?: 'client' | 'bearer' | 'none' | RegExp
    param?: string
    reply?: Reply
  }
  /** The API's own header; default `authorization: Bearer <token>`. */
  apiHeader?: (token: string) => readonly [name: string, value: string]
  apiRequired?: Wanted
  /** What the protected API answers, by `METHOD /path`. */
  api?: Readonly<Record<string, (request: SeenRequest, origin: string) => Reply | Fields | unknown[]>>
  /** Anything else, by `METHOD /path`, without a token. */
  routes?: Readonly<Record<string, (request: SeenRequest, origin: string) => Reply>>
  device?: { scopeName?: string; pending?: number; error?: string; reply?: (fields: Fields) => Fields }
}

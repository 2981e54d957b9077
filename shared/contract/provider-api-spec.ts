import { z } from 'zod'
import {
  jsonPath,
  secretJson,
  secretMap,
  secretTemplate,
  stringMap,
  templateString,
  templateUrl,
} from './provider-template.ts'

/** Who the account is: a call made once after sign-in and by the probe. */
export const accountSpec = z.strictObject({
  request: z
    .strictObject({
      method: z.enum(['GET', 'POST']).default('GET'),
      url: templateUrl,
      headers: secretMap.default({}),
      /** JSON body, or form body when the content type says so; string leaves are templates. */
      body: secretJson.nullable().default(null),
    })
    .nullable()
    .default(null),
  labelPath: jsonPath.nullable().default(null),
  idPath: jsonPath.nullable().default(null),
  /** A list to choose from after sign-in (site, tenant); the choice becomes {resource.x}. */
  resource: z
    .strictObject({
      url: templateUrl,
      itemsPath: jsonPath,
      idPath: jsonPath,
      labelPath: jsonPath,
      urlPath: jsonPath.nullable().default(null),
      bindAs: z.string().regex(/^[A-Za-z]\w*$/),
    })
    .nullable()
    .default(null),
  /** The provider demands a periodic check of the token. */
  validation: z
    .strictObject({ url: templateUrl, everySeconds: z.number().int().min(60), scheme: z.string() })
    .nullable()
    .default(null),
})

/** A request that changes nothing and succeeds with the default scopes; the token proves itself by it. */
export const probeSpec = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: templateUrl,
  headers: stringMap.default({}),
  /** As it is sent; its type stands in `headers`. */
  body: z.string().max(2000).nullable().default(null),
})

export const apiSpec = z.strictObject({
  /** Template; what relative proxy paths are joined to. */
  baseUrl: templateString.nullable().default(null),
  /** Further hosts that proxied requests may go to, beside that of `baseUrl`; `*.example.com` takes subdomains. */
  hosts: z
    .array(z.string().regex(/^(?:\*\.)?[A-Za-z0-9{}._-]+(?::\d+)?$/))
    .max(50)
    .default([]),
  /** Patterns that a host from a reply, callback or identity must match before it is used. */
  dynamicHostPattern: z.string().nullable().default(null),
  headers: stringMap.default({}),
  /** Header and value template, e.g. `X-Shop-Token: {access_token}`; null is `Authorization: Bearer {access_token}`. */
  tokenHeader: secretTemplate.nullable().default(null),
  /** Null: the identity request where that is a GET, else userinfo. */
  probe: probeSpec.nullable().default(null),
})

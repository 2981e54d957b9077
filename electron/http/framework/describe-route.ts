import { createJsonSchemaTransform } from 'fastify-type-provider-zod'

const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig: { target: 'draft-2020-12' } })

/** A route's schemas as JSON Schema; the wildcard gets the name that a reader expects. */
export const describeRoute: typeof toJsonSchema = (input) => {
  const described = toJsonSchema(input)
  if (!described.url.endsWith('/*')) return described
  const { params } = described.schema as {
    params?: { properties?: Record<string, unknown>; required?: string[] }
  }
  const { '*': rest, ...others } = params?.properties ?? {}
  return {
    url: described.url.replace(/\*$/, ':path'),
    schema: {
      ...described.schema,
      params: {
        ...params,
        properties: { ...others, path: rest },
        required: [...Object.keys(others), 'path'],
      },
    },
  }
}

import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { invalidRequest } from '../../core/invalid-request.ts'

const WHERE: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' }

/** Parses each part of a request by its schema; what fails names the field in the same words as everywhere else. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = 'request' }) => {
  const where = WHERE[httpPart] ?? httpPart
  return (data: unknown) => {
    const result = schema.safeParse(data)
    return result.success
      ? { value: result.data }
      : { error: invalidRequest(where, result.error.issues, schema) }
  }
}

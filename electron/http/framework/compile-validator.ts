import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { isDeeperThan } from '../../../shared/contract/schema-walk.ts'
import { invalidRequest } from '../../core/invalid-request.ts'

const MOST_LEVELS = 500

const WHERE: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' }

/** Parses each part of a request by its schema; what fails names the field in the same words as everywhere else. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = 'request' }) => {
  const where = WHERE[httpPart] ?? httpPart
  return (data: unknown) => {
    // Before anything walks through it: a validator, an inspection or a serialisation that goes down with it runs out of stack.
    if (isDeeperThan(data, MOST_LEVELS)) {
      const message = `It is nested deeper than ${MOST_LEVELS} levels.`
      return { error: invalidRequest(where, [{ path: [], message }]) }
    }
    const result = schema.safeParse(data)
    return result.success
      ? { value: result.data }
      : { error: invalidRequest(where, result.error.issues, schema) }
  }
}

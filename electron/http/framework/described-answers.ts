// Answers that are not plain JSON, as the description shows them.
import { z } from 'zod'

const text = z.string()

/** JSON for a program, a page for a browser. */
export const jsonOrPage = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema }, 'text/html': { schema: text } },
})

/** One type of content, of whatever shape. */
export const contentOf = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.any() } },
})

// The reference as a page, made from the OpenAPI description: no scripts, nothing to load.
import { errorTable } from '../../../shared/contract/errors.ts'
import { html, type Markup, page } from './page.ts'

/** As much of an OpenAPI document as the page shows. */
export type ApiDocument = {
  info?: { title?: string; version?: string; description?: string }
  servers?: ReadonlyArray<{ url?: string }>
  tags?: ReadonlyArray<{ name?: string; description?: string }>
  paths?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
}

type Operation = {
  summary?: string
  description?: string
  tags?: readonly string[]
  security?: readonly unknown[]
  parameters?: ReadonlyArray<{
    name?: string
    in?: string
    required?: boolean
    description?: string
    schema?: Schema
  }>
  requestBody?: { content?: Readonly<Record<string, { schema?: Schema }>> }
  responses?: Readonly<
    Record<string, { description?: string; content?: Readonly<Record<string, { schema?: Schema }>> }>
  >
}

type Schema = {
  type?: string | readonly string[]
  description?: string
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  const?: unknown
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

export function referencePage(document: ApiDocument): string {
  const calls = callsOf(document)
  return page(
    'Local API',
    html`<main>
      <h1>${document.info?.title ?? 'Local API'} ${document.info?.version ?? ''}</h1>
      <p class="soft">${document.info?.description ?? ''}</p>
      <pre><code>curl -H "X-API-Key: $KEYWAY_KEY" ${document.servers?.[0]?.url ?? ''}/api/integration-connections</code></pre>
      <p>Machine-readable: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
      ${(document.tags ?? []).map(({ name, description }) => section(name ?? '', description ?? '', calls))}
      ${failures()}
    </main>`,
    'document',
  )
}

function failures(): Markup {
  return html`<section>
    <h2>Failures</h2>
    <p class="soft">
      Every failure has one of these codes, the same as in the command line, the client library and the
      window.
    </p>
    <table>
      <thead>
        <tr>
          <th>code</th>
          <th>HTTP</th>
          <th>What happened, and what to do</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(errorTable).map(
          ([code, { status, sentence, nextStep }]) =>
            html`<tr>
              <td><code>${breakable(code)}</code></td>
              <td class="fixed">${String(status)}</td>
              <td>${sentence} <span class="soft">${nextStep.api}</span></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

type Call = { method: string; path: string; operation: Operation }

function callsOf({ paths = {} }: ApiDocument): Call[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method] as Operation | undefined
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }]
    }),
  )
}

function section(name: string, description: string, calls: readonly Call[]): Markup {
  const own = calls.filter(({ operation }) => operation.tags?.includes(name) === true)
  return html`<section>
    <h2>${name}</h2>
    <p class="soft">${description}</p>
    ${own.map(callMarkup)}
  </section>`
}

function callMarkup({ method, path, operation }: Call): Markup {
  const body = operation.requestBody?.content?.['application/json']?.schema
  const parameters = operation.parameters ?? []
  return html`<article>
    <h3><span class="method">${method}</span> <code>${path}</code></h3>
    <p>${operation.summary ?? ''}</p>
    ${operation.description === undefined ? '' : html`<p class="soft">${operation.description}</p>`}
    ${operation.security?.length === 0 ? html`<p class="soft">Needs no key.</p>` : ''}
    ${
      parameters.length === 0
        ? ''
        : table(
            'Parameters',
            parameters.map((each) => row(`${each.name ?? ''} (${each.in ?? ''})`, each.schema, each)),
          )
    }
    ${body?.properties === undefined ? '' : table('Body', fields(body))}
    ${Object.entries(operation.responses ?? {}).map(([status, answer]) => {
      const schema = answer.content?.['application/json']?.schema
      return status === 'default' || schema === undefined || fields(schema).length === 0
        ? html`<p class="soft">
            ${status === 'default' ? 'Otherwise' : status}: ${wordsOf(answer.description)}
          </p>`
        : html`<details>
            <summary>${status}: ${wordsOf(answer.description)}</summary>
            ${table('Answer', fields(schema))}
          </details>`
    })}
  </article>`
}

/** The generator's own words for what has none say nothing. */
const wordsOf = (description: string | undefined): string =>
  description === undefined || description === 'Default Response' ? 'the answer' : description

function table(title: string, rows: Markup[]): Markup {
  return html`<table>
    <thead>
      <tr>
        <th>${title}</th>
        <th>Type</th>
        <th>Meaning</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}

function fields(schema: Schema, prefix = ''): Markup[] {
  const rows: Markup[] = (schema.oneOf ?? []).flatMap((variant) => fields(variant, prefix))
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const required = schema.required?.includes(name) === true
    rows.push(row(prefix + name, field, { required, description: field.description }))
    const inside = field.type === 'array' ? field.items : field
    if (inside !== undefined) rows.push(...fields(inside, `${prefix}${name}${inside === field ? '' : '[]'}.`))
  }
  return rows
}

function row(
  name: string,
  schema: Schema | undefined,
  { required, description }: { required?: boolean | undefined; description?: string | undefined },
): Markup {
  return html`<tr>
    <td>
      <code>${breakable(name)}</code>${required === true ? '' : html` <span class="soft">optional</span>`}
    </td>
    <td>${typeOf(schema)}</td>
    <td>${description ?? schema?.description ?? ''}</td>
  </tr>`
}

/** A long name breaks between its parts, not within one. */
const breakable = (name: string): Markup[] => name.split(/(?<=[._:])/).map((part) => html`${part}<wbr />`)

function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(typeOf).join(' | ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`
  return typeof schema.type === 'string' ? schema.type : (schema.type ?? ['any']).join(' | ')
}

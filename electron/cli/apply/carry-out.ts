// Carries out a plan, all of it or nothing: when a step is refused, the ones before it are taken back.
import { z } from 'zod'
import { integrationAnswer, integrationChanged } from '../../../shared/contract/http-api.ts'
import type { LocalApi } from '../local-api.ts'
import { withNote } from '../with-note.ts'
import type { Step } from './plan.ts'

export type Done = {
  slug: string
  what: 'created' | 'changed' | 'unchanged'
  fields: string[]
  redirectUri: string | null
  /** To sign in again with, when what changed is what the grants hang on. */
  connectUrl: string | null
}

/** @throws what the refused step threw, saying of which provider it was and whether everything could be taken back */
export async function carryOut(api: LocalApi, steps: readonly Step[]): Promise<Done[]> {
  const done: Array<{ step: Step; result: Done }> = []
  // New ones first: they are what a server refuses most, and they can be taken back whole.
  const order = [...steps].sort((one, other) => rank(one) - rank(other))
  for (const step of order) {
    try {
      done.push({ step, result: await carryOutOne(api, step) })
    } catch (error) {
      const left = await takeBack(api, done.map((each) => each.step).reverse())
      const rest = left.length === 0 ? 'Nothing was changed.' : `Could not be taken back: ${left.join(', ')}.`
      throw withNote(error, { about: step.slug, note: rest })
    }
  }
  return steps.flatMap((step) => done.filter((each) => each.step === step).map(({ result }) => result))
}

const rank = ({ kind }: Step): number => ['create', 'change', 'keep'].indexOf(kind)

async function carryOutOne(api: LocalApi, step: Step): Promise<Done> {
  const { slug } = step
  const nothing = { slug, fields: [], redirectUri: null, connectUrl: null }
  if (step.kind === 'keep') return { ...nothing, what: 'unchanged' }
  if (step.kind === 'create') {
    const made = await api.call(integrationAnswer, '/api/integrations', { json: step.body })
    return { ...nothing, what: 'created', redirectUri: made.redirectUri }
  }
  const call = { method: 'PATCH', json: step.body }
  // What the file no longer says of the spec goes.
  const changed = await api.call(integrationChanged, `/api/integrations/${slug}?spec=replace`, call)
  // A secret that is sent always counts as changed there; alone it is no reason to sign in again.
  const again = step.changed.length > 0 && changed.reauthorise && changed.connectionCount > 0
  return {
    ...nothing,
    what: 'changed',
    fields: [...step.changed, ...(step.sendsSecret ? ['clientSecret'] : [])],
    connectUrl: again ? (changed.connectUrl ?? null) : null,
  }
}

/** The one that stands there by now: an address is changed only by whoever knows what is sent to it. */
const secretOf = ({ clientSecret }: Readonly<Record<string, unknown>>): object =>
  clientSecret === undefined ? {} : { clientSecret }

/** What remains changed. */
async function takeBack(api: LocalApi, steps: readonly Step[]): Promise<string[]> {
  const left: string[] = []
  for (const step of steps) {
    if (step.kind === 'keep') continue
    const path = `/api/integrations/${step.slug}`
    try {
      if (step.kind === 'create') await api.call(z.unknown(), path, { method: 'DELETE' })
      else if (step.changed.length > 0)
        await api.call(z.unknown(), `${path}?spec=replace`, {
          method: 'PATCH',
          json: { ...step.before, ...secretOf(step.body) },
        })
      if (step.kind === 'change' && step.sendsSecret) left.push(`${step.slug}.clientSecret`)
    } catch {
      left.push(step.slug)
    }
  }
  return left
}

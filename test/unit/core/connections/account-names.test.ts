// What a new account is called: by the person's name, else by their identifier, never by the provider's name.
import { expect, it } from 'vitest'
import { aProvider } from '../../../support/builders.ts'
import { signIn, startTestKeyway } from '../../../support/start-keyway.ts'

async function accountsOf(identities: ReadonlyArray<{ id: string | null; label: string | null }>) {
  const started = await startTestKeyway()
  const { id: providerId } = started.keyway.providers.create(aProvider())
  const names: string[] = []
  for (const { id, label } of identities) {
    const { loss } = started.oauth
    started.oauth.loss = (outcome) =>
      outcome.kind === 'ok'
        ? { kind: 'ok', response: { ...outcome.response, accountId: id, accountLabel: label } }
        : outcome
    started.oauth.identity = { id, label }
    const flow = await signIn(started, { providerId })
    started.oauth.loss = loss
    if (flow.kind !== 'done') throw new Error(flow.kind)
    names.push(flow.account)
  }
  return names
}

it('a person’s name, the subject where only that is known, and no name of the provider', async () => {
  expect(
    await accountsOf([
      { id: 'u1', label: 'ada@example.test' },
      { id: 'sub-2', label: null },
      { id: 'sub-3', label: null },
      { id: null, label: null },
      { id: null, label: null },
    ]),
  ).toEqual(['ada@example.test', 'sub-2', 'sub-3', 'account', 'account (2)'])
})

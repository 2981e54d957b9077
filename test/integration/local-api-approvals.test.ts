// Answering for the person from elsewhere than the window.
import { expect, test } from 'vitest'
import { startRealLocal, type RealLocal } from '../support/local-api.ts'
import { runKeyway } from '../support/command-line.ts'

const asking = [{ target: { kind: 'all' as const }, token: true, approval: 'ask' as const }]

async function withQuestion(local: RealLocal) {
  const asker = local.addApp({ name: 'Agent', grants: asking })
  const waiting = local.ask('/api/integrations/rehearsal/token', { key: asker })
  await expect.poll(() => local.keyway.approvals.list()).toHaveLength(1)
  return { asker, waiting, id: local.keyway.approvals.list()[0]!.id }
}

test('a key that the person gave this right answers what other apps ask, and the activity says who answered', async () => {
  const local = await startRealLocal()
  await local.signIn('ada@example.test', 'work')
  const key = local.addApp({ name: 'My terminal', approve: true, grants: [] })
  const { waiting, id } = await withQuestion(local)
  const shown = await runKeyway(['approvals'], { url: local.url, key })
  expect(shown.out).toContain(`${id}  “Agent” wants the token as work at Rehearsal`)
  expect(shown.out).toContain(`keyway answer ${id} once | ten-minutes | always | deny`)

  const answered = await runKeyway(['answer', id, 'ten-minutes'], { url: local.url, key })
  expect(answered).toMatchObject({ exit: 0, out: 'Allowed for ten minutes.\n' })
  expect((await waiting).status).toBe(200)
  const rows = await local.keyway.activity.query({ kind: 'approval', limit: 10 })
  expect(rows[0]?.note).toBe('Allowed for ten minutes by the app “My terminal”, to hand the token out')

  const again = await runKeyway(['answer', id, 'deny'], { url: local.url, key })
  expect(again).toMatchObject({ exit: 4, err: expect.stringContaining('answered already') })
  const wrong = await runKeyway(['answer', id, 'perhaps'], { url: local.url, key })
  expect(wrong).toMatchObject({ exit: 2, err: expect.stringContaining('once, ten-minutes, always, deny') })
  expect(await runKeyway(['approvals'], { url: local.url, key })).toMatchObject({
    exit: 0,
    out: '',
    err: 'No app waits for an answer.\n',
  })
})

test('nobody else answers: not the asker, with or without the right, not an app that may do everything else', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const { asker, waiting, id } = await withQuestion(local)
  const path = `/api/approvals/${id}`
  const other = local.addApp({ manage: true })
  for (const key of [asker, other]) {
    expect(await local.ask('/api/approvals', { key })).toMatchObject({ status: 403 })
    expect(await local.ask(path, { key, json: { decision: 'once' } })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
  }
  const agent = local.keyway.apps.list().find(({ name }) => name === 'Agent')!
  local.keyway.apps.update(agent.id, { approve: true })
  expect((await local.ask('/api/approvals', { key: asker })).body.approvals).toMatchObject([
    { answerable: false },
  ])
  const own = await local.ask(path, { key: asker, json: { decision: 'always' } })
  expect(own).toMatchObject({ status: 403, body: { message: 'An app cannot answer its own questions.' } })
  local.keyway.approvals.decide(id, 'deny')
  expect((await waiting).body.code).toBe('approval_denied')
})

test('the right cannot be asked for, and a pairing, which would hand out a key, is not answered with it', async () => {
  const local = await startRealLocal()
  const key = local.addApp({ approve: true, grants: [] })
  const begged = await local.ask('/api/apps/pair', { json: { name: 'Agent', approve: true } })
  expect(begged).toMatchObject({ status: 400, body: { field: 'approve' } })
  const { body } = await local.ask('/api/apps/pair', { json: { name: 'Agent', manage: true } })
  const [question] = (await local.ask('/api/approvals', { key })).body.approvals
  expect(question).toMatchObject({ kind: 'pair', code: body.code, answerable: false })
  const answer = await local.ask(`/api/approvals/${question.id}`, { key, json: { decision: 'once' } })
  expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining('in the window') } })
  expect(local.keyway.approvals.list()).toHaveLength(1)
})

test('keyway approvals --watch prints each question as it comes', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp({ approve: true, grants: [] })
  let shown = ''
  const watching = runKeyway(['approvals', '--watch', '--json'], {
    url: local.url,
    key,
    onOutput: (text) => (shown = text),
  })
  const { waiting, id } = await withQuestion(local)
  await expect.poll(() => shown).toContain(id)
  local.keyway.approvals.decide(id, 'once')
  await waiting
  expect(shown.trim().split('\n')).toHaveLength(1)
  await local.api.close(0)
  expect((await watching).exit).toBe(13)
})

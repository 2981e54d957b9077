// npm run bench [-- name …] [--rounds 40] [--slice 250] [--cpu]
// Never part of the tests: a figure depends on the machine, and a test must not.
import { parseArgs } from 'node:util'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { benches } from './benches.ts'
import { keep, lineOf, TABLE_HEAD, type Report } from './report.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '40' },
    slice: { type: 'string', default: '250' },
    cpu: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}. There are: ${benches.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}
const wanted = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const folder = new URL('./results/', import.meta.url)

console.log(TABLE_HEAD)
for (const bench of wanted) {
  const report = await bench.run({
    rounds: Number(values.rounds),
    sliceMs: Number(values.slice),
    cpu: values.cpu,
  })
  for (const figure of report.figures) console.log(lineOf(figure, report))
  if (!values.cpu) keep(report, folder)
}
if (!values.cpu) writeTable()

/** The table of everything that has been measured here, newest of each. */
function writeTable(): void {
  const reports = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Report)
  const order = benches.map(({ name }) => name)
  reports.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  const lines = reports.flatMap((report) => report.figures.map((figure) => lineOf(figure, report)))
  writeFileSync(new URL('table.md', folder), `${TABLE_HEAD}\n${lines.join('\n')}\n`)
}

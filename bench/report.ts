// Figures as a person reads them and as a program keeps them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Spread } from './statistics.ts'

export type Figure = {
  what: string
  /** Ratio unless `unit` says otherwise. */
  value: Spread
  unit?: string
  must: number
  aim: number
  better: 'higher' | 'lower'
  note?: string
}

export type Report = { name: string; rounds: number; noisy: boolean; figures: Figure[]; details: unknown }

export type BenchOptions = {
  rounds: number
  sliceMs: number
  /** Answers for each second of the server's processor time, where a figure is a ratio of answers. */
  cpu: boolean
}

/** One benchmark: starts what it needs, ends it, says what came out. */
export type Bench = { name: string; run(options: BenchOptions): Promise<Report> }

export function meets({ value, must, better }: Figure): boolean {
  return better === 'higher' ? value.median >= must : value.median <= must
}

export function lineOf(figure: Figure, { noisy }: Pick<Report, 'noisy'>): string {
  const { what, value, must, aim, unit = '' } = figure
  const verdict = meets(figure) ? 'met' : 'NOT MET'
  const range = `${round(value.p25)} to ${round(value.p75)}`
  return `| ${what} | ${round(value.median)}${unit} | ${range} | ${must}${unit} | ${aim}${unit} | ${verdict}${noisy ? ', noisy base' : ''} |`
}

export const TABLE_HEAD = '| what | median | quartiles | must | aim | |\n|---|---|---|---|---|---|'

export function keep(report: Report, folder: URL): void {
  mkdirSync(folder, { recursive: true })
  const machine = {
    node: process.version,
    platform: process.platform,
    cores: cpus().length,
    cpu: cpus()[0]?.model,
  }
  const at = new Date().toISOString()
  writeFileSync(
    new URL(`${report.name}.json`, folder),
    `${JSON.stringify({ at, machine, ...report }, null, 2)}\n`,
  )
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

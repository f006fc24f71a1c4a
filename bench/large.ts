/** 100 MB at once: what it takes of time and memory beside plain `pg`, each transfer in a new process. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { type Contender, measurePairs } from './pairs.ts'
import type { Bench, Group, Section } from './results.ts'
import { BASELINE } from './variants.ts'

const KINDS = {
  result: 'a result of 100 MB',
  copyOut: 'COPY TO STDOUT of 100 MB',
  copyIn: 'COPY FROM STDIN of 100 MB',
}

const UNITS = { milliseconds: 'ms', megabytes: 'MB at the peak' }

interface Cost {
  readonly milliseconds: number
  readonly megabytes: number
}

export async function measureLarge(bench: Bench): Promise<Section> {
  const title = '100 MB at once'
  const pairs = bench.pairs(bench.isQuick ? 2 : 5)
  const done = bench.progress(title, Object.keys(KINDS).length * (pairs + 1))
  const groups: Group[] = []
  for (const [kind, name] of Object.entries(KINDS)) groups.push(...(await measureKind(kind, name)))
  const notes = [
    'the peak is that of the whole process: Node, swc and the library itself are loaded on both sides',
  ]
  return { name: 'large', title, unit: 'ms or MB', groups, notes }

  /** Time and memory are of the same runs. */
  async function measureKind(kind: string, name: string): Promise<Group[]> {
    const costs = new Map<string, Cost[]>()
    const contenders = [BASELINE, 'pg-sandbox'].map((mode) => contender(kind, mode, bench.url, costs))
    const options = { baseline: BASELINE, pairs }
    const times = await measurePairs(contenders, { ...options, done })
    // What has been measured is given out again, unit by unit.
    const replayed = [...costs].map(([mode, runs]) => {
      const left = [...runs]
      return { name: mode, run: async () => left.shift()?.megabytes ?? Number.NaN }
    })
    const memory = await measurePairs(replayed, { ...options, done: () => {} })
    return [
      { name: `${name}, ${UNITS.milliseconds}`, measured: times },
      { name: `${name}, ${UNITS.megabytes}`, measured: memory },
    ]
  }
}

function contender(kind: string, mode: string, url: string, costs: Map<string, Cost[]>): Contender {
  const runs: Cost[] = []
  costs.set(mode, runs)
  return {
    name: mode,
    async run() {
      const cost = await transfer(kind, mode, url)
      runs.push(cost)
      return cost.milliseconds
    },
  }
}

async function transfer(kind: string, mode: string, url: string): Promise<Cost> {
  const register = path.join(__dirname, '..', 'test', 'support', 'register-typescript.cjs')
  const script = path.join(__dirname, 'large-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['-r', register, script, kind, mode, url])
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('truncate copied')
  await client.end()
  return JSON.parse(stdout) as Cost
}

/** Fifty `parallel` scopes at the same time against one after another. */
import { Pool } from 'pg'
import { testTransaction } from '../src/index.ts'
import { DELAY } from './delayed.ts'
import { measurePairs, timed } from './pairs.ts'
import type { Bench, Group, Section } from './results.ts'
import { type Workload, workloads } from './workload.ts'

const SCOPES = 50

export async function measureParallel(bench: Bench): Promise<Section> {
  const title = `${SCOPES} parallel scopes, 5 statements in a transaction each`
  const pairs = bench.pairs(bench.isQuick ? 3 : 10)
  const workload = workloads.find(({ statements, hasTransactions }) => statements === 5 && hasTransactions)
  if (!workload) throw new Error('there is no such workload')
  const places = { 'on the loopback': bench.url, [`each message delayed by ${DELAY} ms`]: bench.delayedUrl }
  const done = bench.progress(title, Object.keys(places).length * (pairs + 1))
  const groups: Group[] = []
  for (const [name, url] of Object.entries(places))
    groups.push({ name, measured: await measureAt(url, workload, pairs, done) })
  return { name: 'parallel', title, unit: 'ms for all', groups, notes: [] }
}

async function measureAt(
  url: string,
  workload: Workload,
  pairs: number,
  done: () => void,
): Promise<Group['measured']> {
  const pool = new Pool({ connectionString: url })
  await testTransaction.start()
  const scope = (): Promise<void> => testTransaction.parallel(() => workload.run(pool))
  const oneAfterAnother = async (): Promise<void> => {
    for (let i = 0; i < SCOPES; i += 1) await scope()
  }
  const together = (): Promise<unknown> => Promise.all(Array.from({ length: SCOPES }, scope))
  const contenders = [
    { name: 'one after another', run: () => timed(oneAfterAnother) },
    { name: 'at the same time', run: () => timed(together) },
  ]
  const measured = await measurePairs(contenders, { baseline: 'one after another', pairs, done })
  await testTransaction.close()
  await pool.end()
  return measured
}

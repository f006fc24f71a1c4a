/**
 * Which way of copying is the fastest on the server at hand. The build of a template asks, and its mark remembers the
 * answer.
 */
import { randomBytes } from 'node:crypto'
import { nameOf } from '../naming/database-names.ts'
import { now } from '../../clock/clock.ts'
import type { CopyStrategy, MeasuredCopy } from '../naming/mark.ts'
import { fastest, sizeClass, strategiesOf } from './copy-strategy.ts'
import type { Server } from './server.ts'

/** A second round tells more, and is left out where the first has taken longer than this, in milliseconds. */
const QUICK = 2000

/**
 * Copies a database in each way that the server knows, unless a template of the project that is about as large
 * remembers which was the fastest.
 *
 * @param from a database in which no session is open
 * @returns undefined where the server has only one way
 */
export async function measureCopy(server: Server, from: string): Promise<MeasuredCopy | undefined> {
  const strategies = strategiesOf(await server.version())
  if (strategies.length === 0) return undefined
  const size = sizeClass(await sizeOf(server, from))
  return (await remembered(server, size)) ?? (await measure(server, from, strategies, size))
}

async function sizeOf(server: Server, database: string): Promise<number> {
  const [row] = await server.query<{ size: string }>('SELECT pg_catalog.pg_database_size($1) AS size', [
    database,
  ])
  return Number(row!.size)
}

async function remembered(server: Server, size: number): Promise<MeasuredCopy | undefined> {
  const copies = (await server.databases()).map(({ mark }) => mark?.copy)
  return copies.find((copy) => copy?.sizeClass === size)
}

async function measure(
  server: Server,
  from: string,
  strategies: readonly CopyStrategy[],
  size: number,
): Promise<MeasuredCopy | undefined> {
  const times = new Map<CopyStrategy, number | undefined>()
  const start = now()
  for (const strategy of strategies) times.set(strategy, await timeCopy(server, from, strategy))
  if (millisecondsSince(start) < QUICK) {
    for (const [strategy, first] of times) {
      if (first === undefined) continue
      const second = await timeCopy(server, from, strategy)
      times.set(strategy, Math.min(first, second ?? first))
    }
  }
  const strategy = fastest(times)
  return strategy && { strategy, sizeClass: size }
}

/** Undefined where the file system cannot copy in that way. */
async function timeCopy(server: Server, from: string, strategy: CopyStrategy): Promise<number | undefined> {
  const { project, run } = server.maker
  const name = nameOf({ project, purpose: 'clone', run, key: `m${randomBytes(3).toString('hex')}` })
  const start = now()
  try {
    await server.createDatabase(name, { from, strategy, mark: { purpose: 'clone', state: 'ready' } })
    return millisecondsSince(start)
  } catch (error) {
    if (strategy === 'CLONE') return undefined
    throw error
  } finally {
    await server.dropDatabase(name)
  }
}

function millisecondsSince(start: number): number {
  return now() - start
}

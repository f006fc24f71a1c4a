/** Clones of snapshots, made ahead. */
import { ClonePool } from '../clones/clone-pool.ts'
import { beforeTheEnd } from '../drop-databases.ts'
import type { Commented, Server } from '../server/server.ts'
import { told } from '../progress-lines.ts'
import { swap } from './swap.ts'

/** One for the next test: each is as large as the database. */
const AHEAD = 1

const pools = new Map<string, ClonePool>()

/** Puts a clone of `source` in the place of a database, which is dropped in the background. */
export async function putBack(
  server: Server,
  target: Commented,
  source: string,
  ahead: number = AHEAD,
): Promise<void> {
  const pool = poolOf(server, source, ahead)
  const clone = await pool.take()
  try {
    await told(`put ${source} back as ${target.name}`, () => swap(server, target, clone))
  } finally {
    // What has the clone's name is not wanted any more: after the swap, it is what was there before.
    pool.release(clone)
  }
}

/** Makes a clone ahead, so that the first who restores need not wait. */
export function prepare(server: Server, source: string): void {
  poolOf(server, source, AHEAD).fill()
}

/** Drops the clones of a snapshot that is about to be replaced. */
export async function forget(source: string): Promise<void> {
  const pool = pools.get(source)
  pools.delete(source)
  await pool?.end()
}

function poolOf(server: Server, source: string, ahead: number): ClonePool {
  const known = pools.get(source)
  if (known !== undefined) return known
  const pool = new ClonePool(server, source, { ahead })
  pools.set(source, pool)
  beforeTheEnd(() => forget(source))
  return pool
}

/** Clones of snapshots, made ahead, and put in the place of the database that is restored. */
import { ClonePool } from '../clones/clone-pool.ts'
import { onDropDatabases } from '../drop-databases.ts'
import { withLine } from '../progress-lines.ts'
import type { CommentedDatabase, Server } from '../server/server.ts'
import { swap } from './swap.ts'

/** How many clones are made ahead. Not more than one, for the next test: each is as large as the database. */
const AHEAD = 1

const pools = new Map<string, ClonePool>()

/** Puts a clone of `source` in the place of a database, which is dropped in the background. */
export async function putBack(
  server: Server,
  live: CommentedDatabase,
  source: string,
  ahead: number = AHEAD,
): Promise<void> {
  const pool = poolOf(server, source, ahead)
  const clone = await pool.take()
  try {
    await withLine(`put ${source} back as ${live.name}`, () => swap(server, live, clone))
  } finally {
    // After the swap, the clone's name is that of the database that was there before, and nobody wants that database.
    pool.release(clone)
  }
}

/** Makes a clone ahead, so that the first who restores need not wait. */
export function makeAhead(server: Server, source: string): void {
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
  onDropDatabases(() => forget(source))
  return pool
}

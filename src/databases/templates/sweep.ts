/**
 * Drops what runs that are gone have left. Whoever makes a template or a clone sweeps first: otherwise databases of killed
 * runs would fill the server.
 */
import { argumentsOf, lockOf } from '../naming/advisory-lock.ts'
import { leftovers, outdatedTemplates } from '../naming/leftovers.ts'
import { printLine } from '../progress-lines.ts'
import type { Server } from '../server/server.ts'
import { dateNow } from '../../clock/clock.ts'

/** Drops the project's clones and unfinished templates whose makers no longer run, on whatever machine they ran. */
export async function sweep(server: Server): Promise<void> {
  const databases = await server.databases()
  // Read after the databases: a run takes its lock before it makes the first.
  const held = await server.heldLocks()
  const facts = { project: server.maker.project, held, now: dateNow() }
  for (const name of leftovers(databases, facts)) await dropLeft(server, name)
}

/** What cannot be dropped, because another user has made it for instance, is no reason for a test to fail. */
async function dropLeft(server: Server, name: string): Promise<void> {
  try {
    await server.dropDatabase(name)
  } catch (error) {
    printLine(`the database ${name}, which an earlier run has left, could not be dropped: ${String(error)}`)
  }
}

const swept = new WeakMap<Server, Promise<void>>()

/** The same, by one process once; again only when it could not even look. */
export function sweepOnce(server: Server): Promise<void> {
  const known = swept.get(server)
  if (known !== undefined) return known
  const sweeping = sweep(server)
  swept.set(server, sweeping)
  sweeping.catch(() => swept.delete(server))
  return sweeping
}

/** Drops the templates that earlier versions of the recipe have made, except for those that a run still clones. */
export async function sweepTemplates(server: Server, recipe: string, present: string): Promise<void> {
  const names = outdatedTemplates(await server.databases(), recipe, present)
  if (names.length === 0) return
  // Locks of one session do not exclude each other: this process itself may clone an outdated one.
  const apart = server.apart()
  const release = apart.keepOpen()
  try {
    for (const name of names) await dropUnused(apart, name)
  } finally {
    await release()
  }
}

async function dropUnused(server: Server, name: string): Promise<void> {
  const lock = argumentsOf(lockOf('use', name))
  const [row] = await server.query<{ taken: boolean }>(
    `SELECT pg_catalog.pg_try_advisory_lock(${lock}) AS taken`,
  )
  if (!row!.taken) return
  await dropLeft(server, name)
  await server.query(`SELECT pg_catalog.pg_advisory_unlock(${lock})`)
}

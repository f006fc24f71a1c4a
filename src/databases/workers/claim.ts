/** A worker's database: one that an earlier run has left as it was made, else a new one. `useWorkerDatabase` claims it. */
import { quoteIdentifier } from '../../sql/quote.ts'
import { nameOf } from '../naming/database-names.ts'
import { PROCESS_KEY } from '../naming/maker.ts'
import type { CopyStrategy } from '../naming/mark.ts'
import { sessionsThatStay } from '../server/open-sessions.ts'
import type { Server } from '../server/server.ts'
import { type Candidate, candidates, type WorkerOrigin, outdated } from './candidates.ts'
import type { Fingerprint } from './fingerprint.ts'
import { isRestored, readFingerprint } from './read-fingerprint.ts'

/** The template of the databases. */
export interface WorkerTemplate extends WorkerOrigin {
  readonly name: string
  /** How the template is copied fastest. */
  readonly strategy?: CopyStrategy | undefined
}

/** There is no such database any more, or another worker looks into it. */
const TAKEN: readonly unknown[] = ['3D000', '55006']

/**
 * The name of the database that belongs to the server's maker, a worker of a run that is alive: the one that it has
 * already, else one that nobody uses, else a new one.
 */
export async function claimDatabase(server: Server, template: WorkerTemplate): Promise<string> {
  const release = server.keepOpen()
  try {
    const { project, run, shard, worker } = server.maker
    const key = worker === undefined ? PROCESS_KEY : undefined
    const name = nameOf({ project, purpose: 'worker', run, shard, worker, key })
    const databases = await server.databases()
    const present = databases.find((database) => database.name === name)
    if (present?.mark?.state === 'in use' && present.mark.hash === template.hash) return name
    // The database was not finished, or an earlier run of the watch mode has used another template.
    if (present !== undefined) await server.dropDatabase(name)
    for (const candidate of candidates(databases, await server.heldLocks(), template))
      if (await reuse(server, template, candidate, name)) return name
    await make(server, template, name)
    return name
  } finally {
    await release()
  }
}

/** Drops what earlier runs have left and no later one can use. */
export async function sweepWorkers(server: Server, origin: WorkerOrigin): Promise<void> {
  const databases = await server.databases()
  // Read after the databases: a run takes its lock before it makes the first.
  const held = await server.heldLocks()
  for (const name of outdated(databases, held, origin)) await server.dropDatabase(name)
}

async function reuse(
  server: Server,
  origin: WorkerOrigin,
  { name, made }: Candidate,
  as: string,
): Promise<boolean> {
  // A backend of the run that is gone may still be about to commit.
  if ((await sessionsThatStay(server, name)).length > 0) {
    await server.dropDatabase(name)
    return false
  }
  try {
    // One transaction: of the workers that want the database, one gets it.
    await server.query(
      `ALTER DATABASE ${quoteIdentifier(name)} RENAME TO ${quoteIdentifier(as)}; ${inUseSql(server, as, origin, made)}`,
    )
  } catch (error) {
    if (TAKEN.includes((error as { code?: unknown }).code)) return false
    throw error
  }
  // A database that cannot be looked into is of no use: it may take no connections any more.
  if (await isRestored(server, as, made).catch(() => false)) return true
  await server.dropDatabase(as)
  return false
}

async function make(server: Server, template: WorkerTemplate, name: string): Promise<void> {
  const { hash, recipe, strategy } = template
  const mark = { purpose: 'worker', state: 'building', hash, recipe } as const
  await server.createDatabase(name, { from: template.name, mark, strategy })
  await server.query(inUseSql(server, name, template, await readFingerprint(server, name)))
}

function inUseSql(
  server: Server,
  name: string,
  { hash, recipe }: WorkerOrigin,
  made: Fingerprint | undefined,
): string {
  const note = made && JSON.stringify(made)
  return server.markSql(name, { purpose: 'worker', state: 'in use', hash, recipe, note })
}

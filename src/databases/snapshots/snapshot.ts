/**
 * Keeps the present state of a database, and brings it back.
 *
 * The room is `snapshot` and `restore` of `pg-sandbox/databases`: a snapshot is a copy of the database under a name of its
 * own, and to restore it is to swap a clone of it in. The application's tests call it; nothing of the package does. Without
 * the room, a test that commits would have to make its starting state again each time.
 */
import { quoteIdentifier } from '../../sql/quote.ts'
import { onDropDatabases } from '../drop-databases.ts'
import { noDatabase, noSnapshot } from '../errors.ts'
import { nameOf } from '../naming/database-names.ts'
import { PROCESS_KEY } from '../naming/maker.ts'
import { readMark } from '../naming/mark.ts'
import { databaseOf } from '../server/address.ts'
import { endSessions } from '../server/open-sessions.ts'
import { serverAt } from '../server/server-at.ts'
import type { CommentedDatabase, Server } from '../server/server.ts'
import { forget, makeAhead, putBack } from './snapshot-clones.ts'
import { snapshotName } from './snapshot-name.ts'

export interface SnapshotOptions {
  /** Default: what the environment names, such as the database of the worker. */
  readonly database?: { readonly url: string } | undefined
}

export interface RestoreOptions extends SnapshotOptions {
  /**
   * Makes the state when there is no snapshot of it, through the application for example; it is then kept. A database that
   * comes from a template is as that before it is called. Default: there must be a snapshot.
   */
  readonly make?: (() => Promise<void>) | undefined
}

/**
 * Keeps the present state of a database under a name, in place of what had it before.
 *
 * The sessions that are open in the database are ended: clients connect again, and a `Pool` needs a listener for `'error'`,
 * without which `pg` lets the loss of an idle client end the process. What is not committed is not kept.
 *
 * Not for use beside test transactions, whose connection would be ended as well.
 *
 * A snapshot belongs to the worker, and lasts for a run: that of `workerDatabases()`, or else of the process or the Jest
 * file. It counts for databases that were made with the same tables.
 *
 * @param scenario what it is called
 * @throws {SandboxError} `PG_SANDBOX_NOT_A_TEST_DATABASE`; `PG_SANDBOX_DATABASE_IN_USE` when clients come back at once;
 *   `PG_SANDBOX_NO_SNAPSHOT` without such a database
 *
 * @example
 * await signUp('ada@example.com')
 * await snapshot('one user')
 */
export function snapshot(scenario: string, options: SnapshotOptions = {}): Promise<void> {
  return withDatabase(options, 'copied', (live) => keep(live, scenario))
}

/**
 * Brings back what {@link snapshot} has kept: in its place comes a clone that was made ahead, under its name. Sessions are
 * ended as there.
 *
 * @param scenario what the snapshot is called
 * @throws {SandboxError} `PG_SANDBOX_NO_SNAPSHOT` when there is none, and nothing to make it; else as for `snapshot`
 *
 * @example
 * beforeEach(() => restore('one user', { make: () => signUp('ada@example.com') }))
 */
export async function restore(scenario: string, { make, ...options }: RestoreOptions = {}): Promise<void> {
  const missing = await withDatabase(options, 'overwritten', async (live) => {
    const { server, name } = live
    const kept = keptAs(live, scenario)
    if (await isKept(server, kept)) return putBack(server, live, kept)
    if (make === undefined) throw noSnapshot(scenario, name)
    await putBackTemplate(live)
    return make
  })
  if (missing === undefined) return
  await missing()
  // It is another database now, under the same name.
  await snapshot(scenario, options)
}

/** The database of which a snapshot is taken, or that is restored. */
interface LiveDatabase extends CommentedDatabase {
  readonly server: Server
  /** The hash of the template that it was cloned from. */
  readonly tables: string | undefined
}

async function withDatabase<Result>(
  { database }: SnapshotOptions,
  action: string,
  work: (live: LiveDatabase) => Promise<Result>,
): Promise<Result> {
  const server = serverAt(database?.url)
  const release = server.keepOpen()
  try {
    const name = databaseOf(server.address)
    const found = await server.disposable(name, action)
    if (found === undefined) throw noDatabase(name)
    return await work({ ...found, server, tables: readMark(found.comment)?.hash })
  } finally {
    await release()
  }
}

function keptAs({ server, name, tables = name }: LiveDatabase, scenario: string): string {
  return snapshotName({ ...server.maker, worker: server.maker.worker ?? PROCESS_KEY }, tables, scenario)
}

async function keep(live: LiveDatabase, scenario: string): Promise<void> {
  const { server, oid, name, tables } = live
  const kept = keptAs(live, scenario)
  await forget(kept)
  await server.dropDatabase(kept)
  await endSessions(server, oid)
  const release = server.keepOpen()
  onDropDatabases(() => endOf(server, kept).finally(release))
  const mark = { purpose: 'snapshot', state: 'ready', hash: tables } as const
  await server.createDatabase(kept, { from: name, mark })
  await server.query(`ALTER DATABASE ${quoteIdentifier(kept)} ALLOW_CONNECTIONS false`)
  makeAhead(server, kept)
}

/** One of a run that others share is left to them, and to the sweep of a later run. */
async function endOf(server: Server, kept: string): Promise<void> {
  await forget(kept)
  if (!process.env['PG_SANDBOX_RUN']) await server.dropDatabase(kept)
}

async function isKept(server: Server, name: string): Promise<boolean> {
  return (await server.databases()).some((database) => database.name === name && database.mark !== undefined)
}

async function putBackTemplate(live: LiveDatabase): Promise<void> {
  const { server, tables } = live
  if (tables === undefined) return
  const template = nameOf({ project: server.maker.project, purpose: 'template', key: tables })
  await putBack(server, live, template, 0)
}

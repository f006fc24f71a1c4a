/**
 * A real PostgreSQL server for tests of a project that has none.
 *
 * @packageDocumentation
 */
export type { Settings } from './configuration.ts'
export { type Postgres, type PostgresOptions, startPostgres } from './start-postgres.ts'

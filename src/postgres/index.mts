export { startPostgres } from './index.ts'
export type { Postgres, PostgresOptions, Settings } from './index.ts'

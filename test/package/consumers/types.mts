import { isolated, SandboxError, testTransaction, useTestDatabase } from 'pg-sandbox'
import { useTestDatabase as forJest } from 'pg-sandbox/jest'
import { useTestDatabase as forNode } from 'pg-sandbox/node-test'
import { useTestDatabase as forVitest } from 'pg-sandbox/vitest'
import { type Postgres, startPostgres } from 'pg-sandbox/postgres'
import startServer from 'pg-sandbox/postgres/global-setup'
import { type GlobalSetup, madeBy, useWorkerDatabase, workerDatabases } from 'pg-sandbox/workers'

export const hooks: (() => Promise<void>)[] = [
  testTransaction.start,
  testTransaction.rollback,
  testTransaction.close,
]
export const result: Promise<number> = testTransaction.parallel(async () => 1)
export const installs: (() => void)[] = [useTestDatabase, forJest, forNode, forVitest]
export const codeOf = (error: SandboxError): string => error.code
export const body: (name: string) => Promise<number> = isolated(async (name: string) => name.length)
export const atOnce = (): void => forVitest({ concurrent: true, seed: async () => 1, logSql: 'onFailure' })
export const server = (): Promise<Postgres> => startPostgres({ settings: { log_statement: 'all' } })
export const setUp: () => Promise<() => Promise<void>> = startServer
export const workers: GlobalSetup = workerDatabases({
  layers: [madeBy('1', ({ run }) => run('create table t ()'))],
})
export const urlOfWorker = async (): Promise<string> => (await useWorkerDatabase()).url

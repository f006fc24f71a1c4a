import { isolated, SandboxError, testTransaction, useTestDatabase } from 'pg-sandbox'
import { useTestDatabase as forJest } from 'pg-sandbox/jest'
import { useTestDatabase as forNode } from 'pg-sandbox/node-test'
import { type Postgres, startPostgres } from 'pg-sandbox/postgres'
import startServer from 'pg-sandbox/postgres/global-setup'
import { type GlobalSetup, madeBy, useWorkerDatabase, workerDatabases } from 'pg-sandbox/workers'

const hooks: (() => Promise<void>)[] = [
  testTransaction.start,
  testTransaction.rollback,
  testTransaction.close,
]
const result: Promise<number> = testTransaction.parallel(async () => 1)
const installs: (() => void)[] = [useTestDatabase, forJest, forNode]
const codeOf = (error: SandboxError): string => error.code

const body: (name: string) => Promise<number> = isolated(async (name: string) => name.length)
const server = (): Promise<Postgres> => startPostgres({ settings: { log_statement: 'all' } })
const setUp: () => Promise<() => Promise<void>> = startServer
const workers: GlobalSetup = workerDatabases({ layers: [madeBy('1', ({ run }) => run('create table t ()'))] })
const urlOfWorker = async (): Promise<string> => (await useWorkerDatabase()).url

export = { hooks, result, installs, codeOf, body, server, setUp, workers, urlOfWorker }

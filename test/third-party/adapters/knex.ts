import knex, { type Knex } from 'knex'
import type pg from 'pg'
import {
  type Adapter,
  type Instance,
  ISOLATION_LEVELS,
  type OpenOptions,
  type Transaction,
} from '../instance.ts'
import { FIRST_DOWN, FIRST_UP, SECOND_UP } from './migration-statements.ts'

export const adapter: Adapter = {
  takesOnConnect: true,
  open: async (url, options) => knexInstance(knex(knexConfig(url, options))),
}

export function knexConfig(url: string, { onConnect }: OpenOptions): Knex.Config {
  type Done = (error: unknown, client: pg.Client) => void
  const afterCreate = (client: pg.Client, done: Done): unknown =>
    onConnect ? client.query(onConnect, (error) => done(error, client)) : done(undefined, client)
  return { client: 'pg', connection: url, pool: { min: 0, max: 5, afterCreate } }
}

export function knexInstance(db: Knex): Instance {
  const lend = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client: pg.Client = await db.client.acquireConnection()
    return work(client).finally(() => db.client.releaseConnection(client))
  }
  return {
    ...handleOf(db),
    transaction: (work, { isolation, readOnly } = {}) =>
      db.transaction((trx) => work(handleOf(trx)), {
        ...(isolation && { isolationLevel: isolation }),
        ...(readOnly && { readOnly }),
      }),
    nests: true,
    isolationLevels: ISOLATION_LEVELS,
    readOnly: true,
    script: async (text) => db.raw(text),
    stream: (text) => db.raw(text).stream({ highWaterMark: 2 }),
    lend,
    migrations: {
      up: () => db.migrate.up({ migrationSource: source }),
      fail: () => db.migrate.up({ migrationSource: source }),
      down: () => db.migrate.down({ migrationSource: source }),
    },
    close: () => db.destroy(),
  }
}

function handleOf(db: Knex): Transaction {
  return {
    insert: async (name) => db('accounts').insert({ name }),
    count: async () => Number((await db('accounts').count({ n: '*' }))[0]!.n),
    raw: async (text) => (await db.raw(text)).rows,
    nested: (work) => db.transaction((inner) => work(handleOf(inner))),
  }
}

type Migration = { name: string; up: readonly string[]; down: readonly string[] }

const source: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [
    { name: 'first', up: FIRST_UP, down: [FIRST_DOWN] },
    { name: 'second', up: SECOND_UP, down: [] },
  ],
  getMigrationName: ({ name }) => name,
  getMigration: async ({ up, down }) => ({ up: runAll(up), down: runAll(down) }),
}

function runAll(statements: readonly string[]): (db: Knex) => Promise<void> {
  return async (db) => {
    for (const statement of statements) await db.raw(statement)
  }
}

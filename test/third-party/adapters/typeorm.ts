import type pg from 'pg'
import {
  DataSource,
  type EntityManager,
  EntitySchema,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm'
import {
  type Adapter,
  type Instance,
  ISOLATION_LEVELS,
  type OpenOptions,
  type Transaction,
  upper,
} from '../instance.ts'
import { FIRST_DOWN, FIRST_UP, SECOND_UP } from './migration-statements.ts'

export const Account = new EntitySchema<{ id: number; name: string }>({
  name: 'Account',
  tableName: 'accounts',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String, unique: true } },
})

export const adapter: Adapter = {
  takesOnConnect: true,
  open: async (url, options) =>
    typeormInstance(await new DataSource(dataSourceOptions(url, options)).initialize(), url),
}

export function dataSourceOptions(url: string, { onConnect }: OpenOptions) {
  const extra = onConnect ? { onConnect: (client: pg.Client) => client.query(onConnect) } : {}
  return { type: 'postgres' as const, url, entities: [Account], extra }
}

export function typeormInstance(source: DataSource, url: string): Instance {
  const runner = async (): Promise<{ runner: QueryRunner; client: pg.PoolClient }> => {
    const made = source.createQueryRunner()
    return { runner: made, client: await made.connect() }
  }
  return {
    ...handleOf(source.manager),
    transaction: (work, { isolation } = {}) => {
      const run = (manager: EntityManager) => work(handleOf(manager))
      if (!isolation) return source.transaction(run)
      return source.transaction(upper(isolation), run)
    },
    nests: true,
    isolationLevels: ISOLATION_LEVELS,
    script: (text) => source.query(text),
    async *stream(text) {
      const { runner: own } = await runner()
      yield* await own.stream(text)
      await own.release()
    },
    lend: async (work) => {
      const { runner: own, client } = await runner()
      return work(client).finally(() => own.release())
    },
    migrations: {
      up: () => withMigrations(url, [First1700000000001], (own) => own.runMigrations()),
      fail: () =>
        withMigrations(url, [First1700000000001, Second1700000000002], (own) => own.runMigrations()),
      down: () => withMigrations(url, [First1700000000001], (own) => own.undoLastMigration()),
    },
    close: () => source.destroy(),
  }
}

function handleOf(manager: EntityManager): Transaction {
  return {
    insert: (name) => manager.getRepository(Account).insert({ name }),
    count: () => manager.getRepository(Account).count(),
    raw: (text) => manager.query(text),
    nested: (work) => manager.transaction((inner) => work(handleOf(inner))),
  }
}

async function withMigrations(
  url: string,
  migrations: (new () => MigrationInterface)[],
  work: (source: DataSource) => Promise<unknown>,
): Promise<void> {
  const source = await new DataSource({ type: 'postgres', url, migrations }).initialize()
  await work(source).finally(() => source.destroy())
}

class First1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of FIRST_UP) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(FIRST_DOWN)
  }
}

class Second1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of SECOND_UP) await runner.query(statement)
  }

  async down(): Promise<void> {}
}

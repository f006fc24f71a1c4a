import {
  CompiledQuery,
  type ControlledTransaction,
  type Generated,
  Kysely,
  PostgresDialect,
  sql,
} from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { type Adapter, ISOLATION_LEVELS, type Migrations, type Row, type Transaction } from '../instance.ts'
import { FIRST_DOWN, FIRST_UP, SECOND_UP } from './migration-statements.ts'
import { poolInstance } from './pg-pool.ts'

type Tables = { accounts: { id: Generated<number>; name: string } }
type Controlled = ControlledTransaction<Tables, string[]>

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const pool = new pg.Pool({ connectionString: url })
    const dialect = new PostgresDialect({
      pool,
      cursor: Cursor,
      ...(onConnect && {
        onCreateConnection: async (connection) => {
          await connection.executeQuery(CompiledQuery.raw(onConnect))
        },
      }),
    })
    const db = new Kysely<Tables>({ dialect })
    const { lend } = poolInstance(pool)
    return {
      ...handleOf(db),
      transaction: (work, options) => {
        if (!options) return runControlled(db, work)
        let builder = db.transaction()
        if (options.isolation) builder = builder.setIsolationLevel(options.isolation)
        if (options.readOnly) builder = builder.setAccessMode('read only')
        return builder.execute((trx) => work(handleOf(trx)))
      },
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: (text) => db.executeQuery(CompiledQuery.raw(text)),
      stream: () => db.selectFrom('accounts').select('name').orderBy('id').stream(2),
      lend,
      migrations: migrationsOf(db),
      close: () => db.destroy(),
    }
  },
}

function handleOf(db: Kysely<Tables>): Transaction {
  return {
    insert: (name) => db.insertInto('accounts').values({ name }).execute(),
    count: async () => {
      const { n } = await db
        .selectFrom('accounts')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
      return Number(n)
    },
    raw: async (text) => (await sql.raw<Row>(text).execute(db)).rows,
  }
}

async function runControlled<Result>(
  db: Kysely<Tables>,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const trx = await db.startTransaction().execute()
  try {
    const result = await work(nestingHandle(trx, 1))
    await trx.commit().execute()
    return result
  } catch (error) {
    await trx.rollback().execute()
    throw error
  }
}

function nestingHandle(trx: Controlled, depth: number): Transaction {
  return {
    ...handleOf(trx),
    async nested(work) {
      const name = `nested ${depth}`
      const inner = (await trx.savepoint(name).execute()) as Controlled
      try {
        const result = await work(nestingHandle(inner, depth + 1))
        await inner.releaseSavepoint(name).execute()
        return result
      } catch (error) {
        await inner.rollbackToSavepoint(name).execute()
        throw error
      }
    },
  }
}

function migrationsOf(db: Kysely<Tables>): Migrations {
  const runAll = (statements: readonly string[]) => async (own: Kysely<any>) => {
    for (const statement of statements) await sql.raw(statement).execute(own)
  }
  const migrations: Record<string, Migration> = {
    first: { up: runAll(FIRST_UP), down: runAll([FIRST_DOWN]) },
    second: { up: runAll(SECOND_UP), down: runAll([]) },
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const checked = async (run: Promise<{ error?: unknown }>): Promise<void> => {
    const { error } = await run
    if (error) throw error
  }
  return {
    up: () => checked(migrator.migrateUp()),
    fail: () => checked(migrator.migrateUp()),
    down: () => checked(migrator.migrateDown()),
  }
}

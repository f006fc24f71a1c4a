import { Migration, Migrator } from '@mikro-orm/migrations'
import { defineEntity, IsolationLevel, MikroORM, p, type SqlEntityManager } from '@mikro-orm/postgresql'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Transaction } from '../instance.ts'
import { FIRST_DOWN, FIRST_UP, SECOND_UP } from './migration-statements.ts'

const Account = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: { id: p.integer().primary(), name: p.text().unique() },
})

const LEVELS: Record<Isolation, IsolationLevel> = {
  'read uncommitted': IsolationLevel.READ_UNCOMMITTED,
  'read committed': IsolationLevel.READ_COMMITTED,
  'repeatable read': IsolationLevel.REPEATABLE_READ,
  serializable: IsolationLevel.SERIALIZABLE,
}

/** It brings a copy of `pg` of its own. */
export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: [Account],
      ...(onConnect && {
        onCreateConnection: async (connection: any) => {
          await connection.executeQuery({ sql: onConnect, parameters: [] })
        },
      }),
    })
    return {
      insert: (name) => handleOf(orm.em.fork()).insert(name),
      count: () => handleOf(orm.em.fork()).count(),
      raw: (text) => handleOf(orm.em.fork()).raw(text),
      transaction: (work, { isolation, readOnly } = {}) =>
        orm.em.fork().transactional((em) => work(handleOf(em)), {
          ...(isolation && { isolationLevel: LEVELS[isolation] }),
          ...(readOnly && { readOnly }),
        }),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: (text) => orm.em.fork().execute(text),
      stream: () => orm.em.fork().stream(Account, { orderBy: { id: 'asc' } }),
      migrations: {
        up: () => withMigrations(url, [First], (migrator) => migrator.up()),
        fail: () => withMigrations(url, [First, Second], (migrator) => migrator.up()),
        down: () => withMigrations(url, [First], (migrator) => migrator.down()),
      },
      close: () => orm.close(),
    }
  },
}

function handleOf(em: SqlEntityManager): Transaction {
  return {
    insert: (name) => em.insert(Account, { name }),
    count: () => em.count(Account),
    raw: (text) => em.execute(text),
    nested: (work) => em.transactional((inner) => work(handleOf(inner))),
  }
}

async function withMigrations(
  url: string,
  classes: (new (...given: any[]) => Migration)[],
  work: (migrator: Migrator) => Promise<unknown>,
): Promise<void> {
  const migrationsList = classes.map((one) => ({ name: one.name, class: one }))
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [Account],
    extensions: [Migrator],
    migrations: { migrationsList, snapshot: false },
  })
  await work(orm.migrator as unknown as Migrator).finally(() => orm.close())
}

class First extends Migration {
  override up(): void {
    for (const statement of FIRST_UP) this.addSql(statement)
  }

  override down(): void {
    this.addSql(FIRST_DOWN)
  }
}

class Second extends Migration {
  override up(): void {
    for (const statement of SECOND_UP) this.addSql(statement)
  }
}

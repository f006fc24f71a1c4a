import * as zapatos from 'zapatos/db'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Transaction } from '../instance.ts'
import { makePool, poolInstance } from './pg-pool.ts'

const { IsolationLevel } = zapatos

const LEVELS: Partial<Record<Isolation, zapatos.IsolationLevel>> = {
  'read committed': IsolationLevel.ReadCommitted,
  'repeatable read': IsolationLevel.RepeatableRead,
  serializable: IsolationLevel.Serializable,
}

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, options) {
    const pool = makePool(url, options)
    const { lend, script, close } = poolInstance(pool)
    return {
      ...handleOf(pool),
      transaction: (work, { isolation = 'read committed', readOnly } = {}) =>
        zapatos.transaction(pool, readOnly ? IsolationLevel.ReadCommittedRO : LEVELS[isolation]!, (client) =>
          work(handleOf(client)),
        ),
      isolationLevels: ISOLATION_LEVELS.filter((level) => LEVELS[level] !== undefined),
      readOnly: true,
      lend,
      script,
      close,
    }
  },
}

/** The names of tables come from generated types, which are not made here. */
const db: any = zapatos

function handleOf(client: zapatos.Queryable): Transaction {
  return {
    insert: (name) => db.insert('accounts', { name }).run(client),
    count: () => db.count('accounts', db.all).run(client),
    raw: (text) => db.sql`${db.raw(text)}`.run(client),
  }
}

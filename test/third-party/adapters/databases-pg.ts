import databases, { type Queryable } from '@databases/pg'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Transaction } from '../instance.ts'

const { default: createPool, IsolationLevel, sql } = databases
const { ['__dangerous__rawValue']: textOf } = sql

const LEVELS = {
  'read uncommitted': IsolationLevel.READ_UNCOMMITTED,
  'read committed': IsolationLevel.READ_COMMITTED,
  'repeatable read': IsolationLevel.REPEATABLE_READ,
  serializable: IsolationLevel.SERIALIZABLE,
} satisfies Record<Isolation, unknown>

/** By default it tries TLS first, then connects again without. */
export const adapter: Adapter = {
  cannot: {
    '…; COMMIT; …': '@databases/pg sends the statements of a string one by one, also without a sandbox.',
  },
  async open(url) {
    const db = createPool({ connectionString: url, bigIntMode: 'number' })
    return {
      ...handleOf(db),
      transaction: (work, { isolation, readOnly } = {}) =>
        db.tx((tx) => work(handleOf(tx)), {
          ...(isolation && { isolationLevel: LEVELS[isolation] }),
          ...(readOnly && { readOnly }),
        }),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: (text) => db.query(textOf(text)),
      stream: (text) => db.queryStream(textOf(text), { batchSize: 2 }),
      close: () => db.dispose(),
    }
  },
}

function handleOf(db: Queryable): Transaction {
  return {
    insert: (name) => db.query(sql`insert into accounts (name) values (${name})`),
    count: async () => (await db.query(sql`select count(*)::int as n from accounts`))[0].n,
    raw: (text) => db.query(textOf(text)),
    nested: (work) => db.tx((inner) => work(handleOf(inner))),
  }
}

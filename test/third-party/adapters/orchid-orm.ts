import { createBaseTable } from 'orchid-orm'
import { orchidORM } from 'orchid-orm/node-postgres'
import { type Adapter, ISOLATION_LEVELS, type Row, type Transaction, upper } from '../instance.ts'

const BaseTable = createBaseTable()

class AccountTable extends BaseTable {
  override readonly table = 'accounts'
  override columns = this.setColumns((t) => ({ id: t.identity().primaryKey(), name: t.text().unique() }))
}

/** A transaction has no handle: it holds for all that its callback does. */
export const adapter: Adapter = {
  ambientTransactions: true,
  async open(url) {
    const db = orchidORM({ databaseURL: url, log: false }, { account: AccountTable })
    const handle: Transaction = {
      insert: async (name) => db.account.insert({ name }),
      count: async () => db.account.count(),
      raw: async (text) => (await db.$query<Row>(BaseTable.sql({ raw: text }))).rows,
      nested: (work) => db.$transaction(() => work(handle)),
    }
    return {
      ...handle,
      transaction: (work, { isolation, readOnly } = {}) =>
        db.$transaction(
          { ...(isolation && { level: upper(isolation) }), ...(readOnly && { readOnly }) },
          () => work(handle),
        ),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: (text) => db.$query(BaseTable.sql({ raw: text })),
      close: () => db.$close(),
    }
  },
}

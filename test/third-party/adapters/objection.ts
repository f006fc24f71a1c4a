import knex from 'knex'
import { Model } from 'objection'
import type { Adapter, Transaction } from '../instance.ts'
import { knexConfig, knexInstance } from './knex.ts'

class Account extends Model {
  static override tableName = 'accounts'
  declare id: number
  declare name: string
}

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, options) {
    const db = knex(knexConfig(url, options))
    const Bound = Account.bindKnex(db)
    const { migrations: _, ...instance } = knexInstance(db)
    return {
      ...instance,
      ...handleOf(Bound),
      transaction: (work, { isolation, readOnly } = {}) =>
        db.transaction((trx) => work(handleOf(Account.bindTransaction(trx))), {
          ...(isolation && { isolationLevel: isolation }),
          ...(readOnly && { readOnly }),
        }),
    }
  },
}

function handleOf(accounts: typeof Account): Transaction {
  return {
    insert: async (name) => accounts.query().insert({ name }),
    count: () => accounts.query().resultSize(),
    raw: async (text) => (await accounts.knex().raw(text)).rows,
    nested: (work) => accounts.transaction((inner) => work(handleOf(Account.bindTransaction(inner)))),
  }
}

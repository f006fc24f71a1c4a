import bookshelf from 'bookshelf'
import knex from 'knex-0.21'
import type { Adapter, Transaction } from '../instance.ts'
import { knexConfig, knexInstance } from './knex.ts'

const LOSES_SCOPE =
  "Bookshelf's promises are Bluebird's: they lose the context of AsyncLocalStorage, and so the scope."

/** With the newest Knex that it allows. */
export const adapter: Adapter = {
  unreliable: { parallel: LOSES_SCOPE, 'same key': LOSES_SCOPE },
  takesOnConnect: true,
  async open(url, options) {
    const db = knex(knexConfig(url, options))
    const shelf = bookshelf(db)
    const Account = shelf.model('Account', { tableName: 'accounts' })
    const handleOf = (transacting?: any): Transaction => ({
      insert: (name) => new Account({ name }).save(null, { method: 'insert', transacting }),
      count: async () => Number(await new Account().count('*', { transacting })),
      raw: async (text) => (await (transacting ?? db).raw(text)).rows,
      nested: (work) => transacting.transaction((inner: unknown) => work(handleOf(inner))),
    })
    const { script, stream, lend, close } = knexInstance(db)
    return {
      ...handleOf(),
      transaction: (work) => shelf.transaction((transaction: unknown) => work(handleOf(transaction))),
      nests: true,
      script,
      stream,
      lend,
      close,
    }
  },
}

import type pg from 'pg'
import { DataTypes, QueryTypes, Sequelize, Transaction as SequelizeTransaction } from 'sequelize'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Row, type Transaction } from '../instance.ts'

const levels = SequelizeTransaction.ISOLATION_LEVELS

const LEVELS: Record<Isolation, SequelizeTransaction.ISOLATION_LEVELS> = {
  'read uncommitted': levels.READ_UNCOMMITTED,
  'read committed': levels.READ_COMMITTED,
  'repeatable read': levels.REPEATABLE_READ,
  serializable: levels.SERIALIZABLE,
}

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const db = new Sequelize(url, { logging: false })
    if (onConnect)
      db.addHook('afterConnect', async (client) => void (await (client as pg.Client).query(onConnect)))
    db.define(
      'Account',
      { name: { type: DataTypes.TEXT, unique: true } },
      { tableName: 'accounts', timestamps: false },
    )
    const manager = db.connectionManager
    const take = () => manager.getConnection({ type: 'read' }) as Promise<pg.Client>
    const give = (client: pg.Client) => manager.releaseConnection(client)
    return {
      ...handleOf(db),
      transaction: (work, { isolation } = {}) =>
        db.transaction(isolation ? { isolationLevel: LEVELS[isolation] } : {}, (transaction) =>
          work(handleOf(db, transaction)),
        ),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      script: (text) => db.query(text),
      lend: async (work) => {
        const client = await take()
        return work(client).finally(() => give(client))
      },
      close: () => db.close(),
    }
  },
}

function handleOf(db: Sequelize, transaction?: SequelizeTransaction): Transaction {
  const options = transaction ? { transaction } : {}
  const accounts = db.model('Account')
  return {
    insert: (name) => accounts.create({ name }, options),
    count: () => accounts.count(options),
    raw: (text) => db.query<Row>(text, { ...options, type: QueryTypes.SELECT }),
    nested: (work) => db.transaction(options, (inner) => work(handleOf(db, inner))),
  }
}

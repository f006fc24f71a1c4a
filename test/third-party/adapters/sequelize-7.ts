import {
  DataTypes,
  IsolationLevel,
  QueryTypes,
  Sequelize,
  type Transaction as SequelizeTransaction,
  TransactionNestMode,
} from '@sequelize/core'
import { PostgresDialect } from '@sequelize/postgres'
import type pg from 'pg'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Row, type Transaction } from '../instance.ts'

const LEVELS: Record<Isolation, IsolationLevel> = {
  'read uncommitted': IsolationLevel.READ_UNCOMMITTED,
  'read committed': IsolationLevel.READ_COMMITTED,
  'repeatable read': IsolationLevel.REPEATABLE_READ,
  serializable: IsolationLevel.SERIALIZABLE,
}

type Db = Sequelize<PostgresDialect>

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const db: Db = new Sequelize({
      dialect: PostgresDialect,
      url,
      logging: false,
      disableClsTransactions: true,
    })
    if (onConnect)
      db.hooks.addListener(
        'afterConnect',
        async (client) => void (await (client as pg.Client).query(onConnect)),
      )
    db.define(
      'Account',
      { name: { type: DataTypes.TEXT, unique: true } },
      { tableName: 'accounts', timestamps: false },
    )
    return {
      ...handleOf(db),
      transaction: (work, { isolation } = {}) =>
        db.transaction(isolation ? { isolationLevel: LEVELS[isolation] } : {}, (transaction) =>
          work(handleOf(db, transaction)),
        ),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      script: (text) => db.query(text),
      lend: (work) => db.withConnection((client: any) => work(client)),
      close: () => db.close(),
    }
  },
}

function handleOf(db: Db, transaction?: SequelizeTransaction): Transaction {
  const options = transaction ? { transaction } : {}
  const accounts = db.models.getOrThrow('Account')
  return {
    insert: (name) => accounts.create({ name }, options),
    count: () => accounts.count(options),
    raw: (text) => db.query<Row>(text, { ...options, type: QueryTypes.SELECT }),
    nested: (work) =>
      db.transaction({ ...options, nestMode: TransactionNestMode.savepoint }, (inner) =>
        work(handleOf(db, inner)),
      ),
  }
}

/** What the measured tests do, through whatever stands for the application's pool. */

import { touchedTables } from './schema.ts'

export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** As much of a `pg.Pool` as an application uses. */
export interface Database extends Queryable {
  connect(): Promise<Queryable & { release(): void }>
}

export interface Workload {
  readonly name: string
  readonly statements: number
  readonly hasTransactions: boolean
  /** The tables that it writes to. */
  readonly touched: readonly string[]
  run(database: Database): Promise<void>
}

/** Five statements belong together, as in one request of an application. */
const GROUP = 5

let names = 0

/** The first `count` statements of a group: a row, a look at it, a second row, a change that ties the two, a join. */
async function group(client: Queryable, count: number): Promise<void> {
  const name = `name ${(names += 1)}`
  const { rows } = await client.query('insert into table_40 (name, amount) values ($1, $2) returning id', [
    name,
    names,
  ])
  if (count === 1) return
  const { id } = rows[0] as { id: string }
  await client.query('select id, name, amount from table_40 where id = $1', [id])
  if (count === 2) return
  await client.query('insert into table_39 (name) values ($1)', [name])
  await client.query(
    'update table_40 set parent_id = (select id from table_39 where name = $2) where id = $1',
    [id, name],
  )
  await client.query(
    'select t.id, t.amount, p.name from table_40 t join table_39 p on p.id = t.parent_id where t.id = $1',
    [id],
  )
}

async function inTransaction(database: Database, work: (client: Queryable) => Promise<void>): Promise<void> {
  const client = await database.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } finally {
    client.release()
  }
}

function workload(statements: number, hasTransactions: boolean): Workload {
  const groups = Math.ceil(statements / GROUP)
  const each = Math.min(statements, GROUP)
  const plural = groups === 1 ? 'a transaction' : `${groups} transactions`
  return {
    name: `${statements} statement${statements === 1 ? '' : 's'}${hasTransactions ? ` in ${plural}` : ''}`,
    statements,
    hasTransactions,
    touched: statements < GROUP ? touchedTables.slice(-1) : touchedTables,
    async run(database) {
      for (let i = 0; i < groups; i += 1) {
        if (hasTransactions) await inTransaction(database, (client) => group(client, each))
        else await group(database, each)
      }
    },
  }
}

export const workloads: readonly Workload[] = [false, true].flatMap((hasTransactions) =>
  [1, 2, 5, 20].map((statements) => workload(statements, hasTransactions)),
)

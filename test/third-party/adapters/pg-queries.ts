import type { ClientBase } from 'pg'
import type { Row, Transaction, TransactionOptions } from '../instance.ts'

export type Queryable = Pick<ClientBase, 'query'>

/** The handle of a transaction that is open on a client. */
export function handleOf(client: Queryable, depth = 1): Transaction {
  return {
    insert: (name) => insertRow(client, name),
    count: () => countRows(client),
    raw: (text) => rowsOf(client, text),
    nested: async (work) => {
      const savepoint = `nested_${depth}`
      await client.query(`savepoint ${savepoint}`)
      try {
        const result = await work(handleOf(client, depth + 1))
        await client.query(`release savepoint ${savepoint}`)
        return result
      } catch (error) {
        await client.query(`rollback to savepoint ${savepoint}`)
        throw error
      }
    },
  }
}

export async function runTransaction<Result>(
  client: Queryable,
  work: (transaction: Transaction) => Promise<Result>,
  { isolation, readOnly }: TransactionOptions = {},
): Promise<Result> {
  const level = isolation ? ` isolation level ${isolation}` : ''
  await client.query(`begin${level}${readOnly ? ' read only' : ''}`)
  try {
    const result = await work(handleOf(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

export async function insertRow(client: Queryable, name: string): Promise<void> {
  await client.query('insert into accounts (name) values ($1)', [name])
}

export async function countRows(client: Queryable): Promise<number> {
  const { rows } = await client.query('select count(*)::int as n from accounts')
  return rows[0].n
}

export async function rowsOf(client: Queryable, text: string): Promise<Row[]> {
  return (await client.query(text)).rows
}

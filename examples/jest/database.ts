import { DatabaseError, Pool, type PoolClient } from 'pg'

export const pool: Pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 })

/** What the services query through: the pool, or the client that has a transaction open. */
export type Queryable = Pick<Pool | PoolClient, 'query'>

/** Commits what `work` did when it resolves, and undoes it when it throws. */
export async function transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

/** Whether Postgres refused a statement because of this constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.constraint === constraint
}

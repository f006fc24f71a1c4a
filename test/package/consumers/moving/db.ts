// The application: it knows nothing of tests.
import { Pool, type PoolClient } from 'pg'

const pools = (process.env.DATABASE_URLS ?? '').split(' ').map((url) => new Pool({ connectionString: url }))

export const [db, otherDb] = pools.map((pool) => ({
  query: (text: string, values?: unknown[]) => pool.query(text, values),
  count: async () => (await pool.query('SELECT count(*)::int AS n FROM sample')).rows[0].n as number,
  async transaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
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
  },
}))

export const end = () => Promise.all(pools.map((pool) => pool.end()))

import pg from 'pg'
import { type Adapter, ISOLATION_LEVELS, type Instance, type OpenOptions } from '../instance.ts'
import { countRows, insertRow, rowsOf, runTransaction } from './pg-queries.ts'

export const adapter: Adapter = {
  takesOnConnect: true,
  open: async (url, options) => poolInstance(makePool(url, options)),
}

export function makePool(url: string, { onConnect }: OpenOptions): pg.Pool {
  const pool = new pg.Pool({ connectionString: url })
  if (onConnect) pool.on('connect', (client) => void client.query(onConnect))
  return pool
}

/** What a pool gives; for libraries that are handed one too. */
export function poolInstance(pool: pg.Pool): Required<PoolInstance> {
  const withClient = async <Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect()
    return work(client).finally(() => client.release())
  }
  return {
    insert: (name) => insertRow(pool, name),
    count: () => countRows(pool),
    raw: (text) => rowsOf(pool, text),
    script: (text) => pool.query(text),
    transaction: (work, options) => withClient((client) => runTransaction(client, work, options)),
    nests: true,
    isolationLevels: ISOLATION_LEVELS,
    readOnly: true,
    lend: withClient,
    close: () => pool.end(),
  }
}

type PoolInstance = Omit<
  Instance,
  'stream' | 'copyIn' | 'copyInHangs' | 'copyOut' | 'listen' | 'notify' | 'job' | 'migrations'
>

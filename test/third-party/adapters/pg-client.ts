import pg from 'pg'
import { type Adapter, type Instance, ISOLATION_LEVELS } from '../instance.ts'
import { countRows, insertRow, rowsOf, runTransaction } from './pg-queries.ts'

/** One client for all; a transaction and a cursor get a client of their own, as queries of one client wait for each other. */
export const adapter: Adapter = {
  cannot: {
    'same key':
      'One client is one line: the scope that has the key waits behind the one that wants it, which fails with `PG_SANDBOX_BLOCKED`.',
  },
  takesOnConnect: true,
  async open(url, { onConnect }): Promise<Instance> {
    const connect = async (): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      if (onConnect) await client.query(onConnect)
      return client
    }
    const withClient = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
      const client = await connect()
      return work(client).finally(() => client.end())
    }
    const client = await connect()
    return {
      insert: (name) => insertRow(client, name),
      count: () => countRows(client),
      raw: (text) => rowsOf(client, text),
      script: (text) => client.query(text),
      transaction: (work, options) => withClient((own) => runTransaction(own, work, options)),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      lend: withClient,
      close: () => client.end(),
    }
  },
}

import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { sandboxSocket } from 'pg-sandbox'
import postgres from 'postgres'
import { type Adapter, ISOLATION_LEVELS, type Transaction } from '../instance.ts'

/** Not on `pg`: it is given the sandbox's socket. */
export const adapter: Adapter = {
  takesOnConnect: true,
  notes: {
    COPY: 'Without a refused COPY FROM STDIN, which never settles in Postgres.js, also without a sandbox.',
  },
  async open(url, { timeZone }) {
    const connection = timeZone ? { TimeZone: timeZone } : {}
    const sql = postgres(url, {
      socket: sandboxSocket,
      onnotice: () => {},
      connection,
    } as postgres.Options<{}>)
    return {
      ...handleOf(sql),
      transaction: (work, { isolation, readOnly } = {}) => {
        const options = [isolation && `isolation level ${isolation}`, readOnly && 'read only']
          .filter(Boolean)
          .join(' ')
        return sql.begin(options, (own) => work(nestingHandle(own))) as Promise<any>
      },
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: async (text) => {
        const own = await sql.reserve()
        await own
          .unsafe(text)
          .simple()
          .finally(() => own.release())
      },
      copyIn: async (statement, lines) =>
        pipeline(Readable.from(lines), await sql.unsafe(statement).writable()),
      copyInHangs: true,
      copyOut: async (statement) => textOf(await sql.unsafe(statement).readable()),
      async *stream(text) {
        for await (const page of sql.unsafe(text).cursor(2)) yield* page
      },
      listen: async (channel, onPayload) => {
        const { unlisten } = await sql.listen(channel, onPayload)
        return unlisten
      },
      notify: (channel, payload) => sql.notify(channel, payload),
      close: () => sql.end(),
    }
  },
}

function handleOf(sql: postgres.ISql): Transaction {
  return {
    insert: async (name) => sql`insert into accounts (name) values (${name})`,
    count: async () => (await sql`select count(*)::int as n from accounts`)[0]!.n,
    raw: async (text) => sql.unsafe(text),
  }
}

function nestingHandle(sql: postgres.TransactionSql): Transaction {
  return {
    ...handleOf(sql),
    nested: (work) => sql.savepoint((inner) => work(nestingHandle(inner))) as Promise<any>,
  }
}

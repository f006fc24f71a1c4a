import { PassThrough } from 'node:stream'
import { type CommonQueryMethods, createPool, type DatabaseTransactionConnection, sql } from 'slonik'
import type { Adapter, Row, Transaction } from '../instance.ts'

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const afterPoolConnection = async (_: unknown, connection: CommonQueryMethods): Promise<null> => {
      if (onConnect) await connection.query(textOf(onConnect))
      return null
    }
    const pool = await createPool(url, {
      interceptors: [{ name: 'on connect', afterPoolConnection }],
      // Otherwise it refuses by itself what the behaviour `outside` tries.
      dangerouslyAllowForeignConnections: true,
    })
    return {
      ...handleOf(pool),
      transaction: (work) => pool.transaction((connection) => work(nestingHandle(connection))),
      nests: true,
      async *stream(text) {
        const rows = new PassThrough({ objectMode: true, highWaterMark: 1 })
        const done = pool.stream(textOf(text), (stream) => stream.pipe(rows))
        for await (const { data } of rows) yield data as Row
        await done
      },
      close: () => pool.end(),
    }
  },
}

function handleOf(db: CommonQueryMethods): Transaction {
  return {
    insert: (name) => db.query(sql.unsafe`insert into accounts (name) values (${name})`),
    count: async () => Number(await db.oneFirst(sql.unsafe`select count(*)::int as n from accounts`)),
    raw: async (text) => (await db.query(textOf(text))).rows as Row[],
  }
}

function nestingHandle(db: DatabaseTransactionConnection): Transaction {
  return { ...handleOf(db), nested: (work) => db.transaction((inner) => work(nestingHandle(inner))) }
}

function textOf(text: string): ReturnType<typeof sql.unsafe> {
  return sql.unsafe(Object.assign([text], { raw: Object.freeze([text]) }))
}

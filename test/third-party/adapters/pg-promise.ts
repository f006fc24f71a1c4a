import { PassThrough } from 'node:stream'
import pgPromise, { type IBaseProtocol } from 'pg-promise'
import QueryStream from 'pg-query-stream'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Transaction } from '../instance.ts'

const { TransactionMode, isolationLevel } = pgPromise.txMode

const LEVELS: Partial<Record<Isolation, (typeof isolationLevel)[keyof typeof isolationLevel]>> = {
  serializable: isolationLevel.serializable,
  'repeatable read': isolationLevel.repeatableRead,
  'read committed': isolationLevel.readCommitted,
}

/** It brings a copy of `pg` of its own. */
export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const library = pgPromise({
      noWarnings: true,
      ...(onConnect && {
        connect: ({ client, useCount }) => void (useCount === 0 && client.query(onConnect)),
      }),
    })
    const db = library(url)
    return {
      ...handleOf(db),
      transaction: (work, { isolation, readOnly = false } = {}) => {
        const mode = new TransactionMode({ ...(isolation && { tiLevel: LEVELS[isolation]! }), readOnly })
        return isolation || readOnly
          ? db.tx({ mode }, (tx) => work(handleOf(tx)))
          : db.tx((tx) => work(handleOf(tx)))
      },
      nests: true,
      isolationLevels: ISOLATION_LEVELS.filter((level) => LEVELS[level] !== undefined),
      readOnly: true,
      script: (text) => db.multi(text),
      async *stream(text) {
        const rows = new PassThrough({ objectMode: true, highWaterMark: 1 })
        const pages = new QueryStream(text, [], { batchSize: 2, highWaterMark: 2 })
        const done = db.stream(pages, (stream) => stream.pipe(rows))
        yield* rows
        await done
      },
      lend: async (work) => {
        const connection = await db.connect()
        return work(connection.client as any).finally(() => connection.done())
      },
      close: () => db.$pool.end(),
    }
  },
}

function handleOf(db: IBaseProtocol<object>): Transaction {
  return {
    insert: (name) => db.none('insert into accounts (name) values ($1)', [name]),
    count: () => db.one('select count(*)::int as n from accounts', [], ({ n }: { n: number }) => n),
    raw: (text) => db.any(text),
    nested: (work) => db.tx((inner) => work(handleOf(inner))),
  }
}

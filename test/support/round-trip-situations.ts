type Queryable = { query(sql: string): Promise<unknown> }

export interface Situation {
  readonly name: string
  readonly work: (client: Queryable) => Promise<void>
  /** Round trips waited for without isolation, and in the sandbox with the hooks of the test. */
  readonly plain: number
  readonly sandboxed: number
  /** Where a pool has to connect anew, as it ends a client whose query has failed: which takes round trips of its own. */
  readonly reconnects?: true
}

const insert = "insert into notes (body) values ('a')"

async function run(client: Queryable, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await client.query(sql)
}

/** What a test does, and the round trips that it waits for. */
export const situations: readonly Situation[] = [
  {
    name: 'one insert, one select',
    work: (client) => run(client, insert, 'select * from notes'),
    plain: 2,
    sandboxed: 2,
  },
  {
    name: 'ten inserts',
    work: (client) =>
      run(client, ...Array.from({ length: 10 }, (_, i) => `insert into notes (body) values ('${i}')`)),
    plain: 10,
    sandboxed: 10,
  },
  {
    name: 'BEGIN, two inserts, COMMIT',
    work: (client) => run(client, 'begin', insert, "insert into notes (body) values ('b')", 'commit'),
    plain: 4,
    sandboxed: 2,
  },
  { name: 'one select', work: (client) => run(client, 'select * from notes'), plain: 1, sandboxed: 1 },
  {
    name: 'a failed insert, then a select',
    work: async (client) => {
      await client.query('insert into notes (id) values (null)').catch(() => {})
      await run(client, 'select * from notes')
    },
    plain: 2,
    sandboxed: 2,
    reconnects: true,
  },
  { name: 'nothing', work: async () => {}, plain: 0, sandboxed: 0 },
]

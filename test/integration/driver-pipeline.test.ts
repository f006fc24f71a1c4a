import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays } from '../support/both-ways.ts'

const { expectSame } = useBothWays('create table notes (id int primary key, body text)')

const canPipeline = 'pipeline' in new Client()
const inPipeline = canPipeline ? describe : describe.skip

async function withPipeline<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, pipeline: true })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const settle = (queries: Promise<{ command: string; rows: unknown[] }>[]): Promise<unknown[]> =>
  Promise.all(
    queries.map((query) =>
      query.then(
        ({ command, rows }) => [command, rows],
        (error) => [error.message, error.code],
      ),
    ),
  )

const add = 'insert into notes values ($1) returning id'

inPipeline('a client with pipeline: true', () => {
  test('is answered in order', () =>
    expectSame(({ url }) =>
      withPipeline(url(), (client) =>
        settle([
          client.query(add, [1]),
          client.query('select count(*)::int as n from notes'),
          client.query(add, [2]),
          client.query({ name: 'count', text: 'select count(*)::int as n from notes' }),
          client.query({ name: 'count', text: 'select count(*)::int as n from notes' }),
        ]),
      ),
    ))

  test('fails where pg fails, the others go on', () =>
    expectSame(({ url }) =>
      withPipeline(url(), async (client) => {
        const answers = await settle([
          client.query(add, [1]),
          client.query(add, [1]),
          client.query('select no_column'),
          client.query('select $1::int as n', ['x']),
          client.query(add, [2]),
          client.query('select count(*)::int as n from notes'),
        ])
        return [answers, await rejection(client.query('select no_column'))]
      }),
    ))

  test('sends whole transactions at once', () =>
    expectSame(({ url }) =>
      withPipeline(url(), (client) =>
        settle([
          client.query('begin'),
          client.query(add, [1]),
          client.query('commit'),
          client.query('begin'),
          client.query(add, [2]),
          client.query(add, [1]),
          client.query(add, [3]),
          client.query('commit'),
          client.query('begin'),
          client.query(add, [4]),
          client.query('rollback'),
          client.query('select id from notes order by id'),
        ]),
      ),
    ))

  test('with two hundred queries at once, beside another client', () =>
    expectSame(({ url }) =>
      withPipeline(url(), (first) =>
        withPipeline(url(), async (second) => {
          const numbers = Array.from({ length: 200 }, (_, n) => n)
          await Promise.all([
            ...numbers.map((n) => first.query(add, [n])),
            ...numbers.map((n) => second.query(add, [1000 + n])),
          ])
          return (await first.query('select count(*)::int as n, sum(id)::int from notes')).rows
        }),
      ),
    ))

  test('in a pool, before start(), inside and after close()', async () => {
    const pool = new Pool({
      connectionString: process.env.PG_SANDBOX_TEST_SERVER!,
      pipeline: true,
      max: 1,
    })
    const create = 'create table pg_sandbox_pipeline (n int)'
    const exists = async (): Promise<unknown> =>
      (await pool.query("select to_regclass('pg_sandbox_pipeline') is not null as there")).rows[0].there
    await pool.query('select 1')
    await testTransaction.start()
    await Promise.all([pool.query(create), pool.query('insert into pg_sandbox_pipeline values (1)')])
    const inside = await exists()
    await testTransaction.close()
    const after = await exists()
    await pool.end()
    expect([inside, after]).toEqual([true, false])
  })
})

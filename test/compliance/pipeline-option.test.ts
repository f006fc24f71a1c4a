import { Client, type QueryConfig } from 'pg'
import { useBothWays } from '../support/both-ways.ts'

const { expectSame } = useBothWays('create table notes (id int primary key, body text)')
const canPipeline = 'pipeline' in new Client()

type Query = string | QueryConfig

const add = (id: number): QueryConfig => ({
  text: 'insert into notes values ($1) returning id',
  values: [id],
})
const named = (id: number): QueryConfig => ({ ...add(id), name: 'add' })
const ids = 'select id from notes order by id'

/** All at once, as pg sends them with `pipeline: true`; with the messages of the server as they came. */
async function atOnce(url: string, queries: readonly Query[]): Promise<unknown> {
  const client = new Client({ connectionString: url, pipeline: true })
  await client.connect()
  const seen: string[] = []
  const { connection } = client as Client & { connection: NodeJS.EventEmitter }
  connection.on('message', ({ name, status }: { name: string; status?: string }) => seen.push(status ?? name))
  const answers = await Promise.all(
    queries.map((query) =>
      client.query(query as string).then(
        (result) => [result].flat().map(({ command, rowCount, rows }) => [command, rowCount, rows]),
        (error) => [error.code, error.message, error.position],
      ),
    ),
  )
  await client.end()
  return { answers, seen }
}

const cases: [string, Query[]][] = [
  ['statements', [add(1), 'select 1', add(2), ids, named(3), named(4), ids]],
  ['an error in the second of five', [add(1), add(1), add(2), 'select 1 / 0', ids]],
  ['whole transactions', ['begin', add(1), 'commit', 'begin', add(2), 'rollback', ids]],
  ['a failed transaction', ['begin', add(1), add(1), add(2), 'commit', ids, add(3), ids]],
  [
    'savepoints',
    ['begin', 'savepoint s', add(1), add(1), 'rollback to s', add(2), 'release s', 'commit', ids],
  ],
  [
    'transaction commands as extended queries',
    [{ text: 'begin', values: [] }, add(1), { text: 'commit', values: [] }, ids],
  ],
  [
    'named transaction commands',
    [
      { name: 'b', text: 'begin' },
      named(1),
      { name: 'c', text: 'commit' },
      { name: 'b', text: 'begin' },
      named(2),
      { name: 'r', text: 'rollback' },
      ids,
    ],
  ],
  [
    'strings of statements',
    [
      'begin; insert into notes values (1)',
      add(2),
      'commit; insert into notes values (3)',
      ids,
      'begin; select 1 / 0; commit',
      'rollback',
      ids,
    ],
  ],
  [
    'settings',
    [
      "set application_name to 'one'",
      'show application_name',
      'begin',
      "set local application_name to 'two'",
      'show application_name',
      'commit',
      'show application_name',
    ],
  ],
  [
    'a named statement that does not parse',
    [{ name: 'x', text: 'select nowhere' }, add(1), { name: 'x', text: 'select nowhere' }, ids],
  ],
  [
    'values of a wrong type',
    [{ text: 'select $1::int', values: ['x'] }, add(1), { text: 'select $1::int', values: ['1', '2'] }, ids],
  ],
  ['empty queries', ['', ' ', '-- nothing', { text: '', values: [] }, add(1), ids]],
  [
    'DDL and a statement that it makes stale',
    [
      { name: 'all', text: 'select * from notes' },
      'alter table notes add more int',
      { name: 'all', text: 'select * from notes' },
      'alter table notes drop more',
      { name: 'all', text: 'select * from notes' },
    ],
  ],
]

const inPipeline = canPipeline ? describe : describe.skip

inPipeline('pipeline: true gets the same answers in the same order', () => {
  test.each(cases)('%s', (_, queries) => expectSame(({ url }) => atOnce(url(), queries)))

  test('twice at once, in two clients', () =>
    expectSame(async ({ url }) => {
      const batch = (first: number): Query[] => ['begin', add(first), add(first), 'rollback', add(first + 1)]
      await Promise.all([atOnce(url(), batch(10)), atOnce(url(), batch(20))])
      return atOnce(url(), [ids])
    }))
})

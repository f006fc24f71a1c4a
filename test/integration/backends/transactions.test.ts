/** Transactions of the application, as without a sandbox: over every backend. */
import { BACKENDS } from '../../support/backends.ts'
import { describeError, rejection, useBothWays, withClient, withPool } from '../../support/both-ways.ts'

const SCHEMA = `
  create table notes (id int primary key, text text);
  create table replies (id int, note int references notes deferrable initially deferred)`

describe.each(BACKENDS)("isolation: '%s'", (backend) => {
  const { expectSame } = useBothWays(SCHEMA, backend)

  /** Sends one statement after the other, and gives the rows or the error of each. */
  const expectSameAnswers = async (...statements: string[]): Promise<unknown> => {
    const outcome = await expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const answers: unknown[] = []
        for (const sql of statements)
          answers.push(await client.query(sql).then(({ command, rows }) => [command, rows], describeError))
        return answers
      }),
    )
    return 'value' in outcome ? outcome.value : outcome
  }

  test('keep their rows at COMMIT and lose them at ROLLBACK', async () => {
    const answers = await expectSameAnswers(
      'begin',
      'insert into notes values (1)',
      'commit',
      'start transaction',
      'insert into notes values (2)',
      'rollback',
      'select id from notes',
    )
    expect(answers).toMatchObject({ 6: ['SELECT', [{ id: 1 }]] })
  })

  test('go back to a savepoint', async () => {
    const answers = await expectSameAnswers(
      'begin',
      'insert into notes values (1)',
      'savepoint a',
      'insert into notes values (2)',
      'rollback to a',
      'release a',
      'commit',
      'select id from notes',
    )
    expect(answers).toMatchObject({ 7: ['SELECT', [{ id: 1 }]] })
  })

  test('refuse everything after an error until they are rolled back', async () => {
    const answers = await expectSameAnswers(
      'begin',
      'insert into notes values (1)',
      'select 1 / 0',
      'select id from notes',
      'commit',
      'select id from notes',
    )
    expect(answers).toMatchObject({
      2: { code: '22012' },
      3: { code: '25P02' },
      4: ['ROLLBACK', []],
      5: ['SELECT', []],
    })
  })

  test('go on in the next one with AND CHAIN', async () => {
    const answers = await expectSameAnswers(
      'begin read only',
      'commit and chain',
      'insert into notes values (1)',
      'rollback and chain',
      'show transaction_read_only',
      'commit',
      'insert into notes values (2)',
    )
    expect(answers).toMatchObject({ 2: { code: '25006' }, 4: ['SHOW', [{ transaction_read_only: 'on' }]] })
  })

  test('check deferred constraints at COMMIT', async () => {
    const answers = await expectSameAnswers(
      'begin',
      'insert into replies values (1, 9)',
      'commit',
      'begin',
      'insert into replies values (2, 9)',
      'insert into notes values (9)',
      'commit',
      'select id from replies',
    )
    expect(answers).toMatchObject({ 2: { code: '23503' }, 7: ['SELECT', [{ id: 2 }]] })
  })

  test('are one for all statements of a string', async () => {
    const outcome = await expectSame(async ({ url }) =>
      withClient(url(), async (client) => {
        const error = await rejection(
          client.query('insert into notes values (1); insert into notes values (1)'),
        )
        const { rows } = await client.query('select id from notes')
        return [error, rows]
      }),
    )
    expect(outcome).toMatchObject({ value: [{ code: '23505' }, []] })
  })

  test('are not there for an error outside of them: the client goes on', async () => {
    const answers = await expectSameAnswers(
      'insert into notes values (1)',
      'insert into notes values (1)',
      'selec',
      'insert into notes values (2)',
      'select id from notes order by id',
    )
    expect(answers).toMatchObject({
      1: { code: '23505', constraint: 'notes_pkey' },
      2: { code: '42601', position: '1' },
      4: ['SELECT', [{ id: 1 }, { id: 2 }]],
    })
  })

  test('of two clients that take turns see what the other has committed', async () => {
    const outcome = await expectSame(({ url }) =>
      withPool({ connectionString: url(), max: 2 }, async (pool) => {
        const [one, other] = [await pool.connect(), await pool.connect()]
        const seen: unknown[] = []
        for (const [id, client] of [one, other, one].entries()) {
          await client.query('begin')
          await client.query('insert into notes values ($1)', [id])
          await client.query(id === 1 ? 'rollback' : 'commit')
          const { rows } = await other.query('select id from notes order by id')
          seen.push(rows)
        }
        one.release()
        other.release()
        return seen
      }),
    )
    expect(outcome).toEqual({ value: [[{ id: 0 }], [{ id: 0 }], [{ id: 0 }, { id: 2 }]] })
  })
})

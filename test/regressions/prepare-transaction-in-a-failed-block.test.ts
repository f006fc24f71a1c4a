/** PREPARE TRANSACTION in a failed block is its ROLLBACK: sent to the server, it ended the test's transaction. */
import { describeError, useBothWays, withClient } from '../support/both-ways.ts'

const bothWays = useBothWays('create table notes (id int primary key)')

test.each([
  ['as a text', (sql: string) => ({ text: sql })],
  ['by the extended protocol', (sql: string) => ({ text: sql, values: [] })],
])('%s', (_name, query) =>
  bothWays.expectSame(({ url }) =>
    withClient(url(), async (client) => {
      const outcomes: unknown[] = []
      await client.query('insert into notes values (1)')
      for (const sql of [
        'begin',
        'select 1 / 0',
        "prepare transaction 'x'",
        'select id from notes',
        'begin',
        'commit',
      ]) {
        outcomes.push(
          await client.query(query(sql)).then(({ command, rows }) => [command, rows], describeError),
        )
        // pg rejects before it has read the status: that of a query behind is known.
        await client.query('')
        outcomes.push(client.getTransactionStatus())
      }
      await client.query('delete from notes')
      return outcomes
    }),
  ),
)

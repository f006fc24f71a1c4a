/** What SQL has prepared before an error of the same string stays the client's, and goes with the client. */
import { describeError, useBothWays, withClient } from '../support/both-ways.ts'

const bothWays = useBothWays()

test.each([
  ['prepares the same name again', 'prepare s as select 1; prepare s as select 2'],
  ['fails', 'prepare s as select 1; select 1 / 0'],
  ['fails after a block', 'begin; prepare s as select 1; commit; select 1 / 0'],
  ['fails inside a block', 'begin; prepare s as select 1; select 1 / 0'],
  ['cannot be parsed', 'prepare s as select 1; selec 1'],
])('a string that %s', (_name, sql) =>
  bothWays.expectSame(async ({ url }) => {
    const outcomes: unknown[] = []
    await withClient(url(), async (client) => {
      outcomes.push(await client.query(sql).catch(describeError))
      await client.query('rollback')
      const { rows, code } = (await client.query('execute s').catch((error: unknown) => error)) as {
        rows?: unknown[]
        code?: string
      }
      outcomes.push(rows ?? code)
    })
    await withClient(url(), async (client) => {
      outcomes.push(await client.query('deallocate s').then(() => 'there', describeError))
    })
    return outcomes
  }),
)

import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'

/**
 * A commit that the sandbox does not see: the statement is changed on its way to the server, as no statement is known
 * that does it.
 */
const database = useDatabase('create table notes (id int)')
afterEach(() => testTransaction.close())

async function withChanged<Result>(
  from: string,
  to: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const url = new URL(database.url())
  const change = (text: string): string => text.replace(from, to.padEnd(from.length))
  const proxy = await startProxy(Number(url.port), { change })
  url.port = String(proxy.port)
  const client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end()
    await proxy.close()
  }
}

const FOUND = { code: 'PG_SANDBOX_UNEXPECTED_STATE', message: expect.stringContaining('select /* unseen') }

test('a COMMIT that is followed by BEGIN is found by its tag: query and test fail, naming the statement', async () => {
  await testTransaction.start()
  await withChanged('select /* unseen */ 1', 'commit; begin', async (client) => {
    await client.query('insert into notes values (1)')
    await expect(client.query('select /* unseen */ 1')).rejects.toMatchObject(FOUND)
    await expect(testTransaction.rollback()).rejects.toMatchObject(FOUND)
  })
  await database.outside('truncate notes')
})

test('the next test is clean', async () => {
  await testTransaction.start()
  await withChanged('select /* unseen */ 1', 'commit; begin', async (client) => {
    await client.query('insert into notes values (1)')
    await expect(client.query('select /* unseen */ 1')).rejects.toMatchObject(FOUND)
    await testTransaction.rollback().catch(() => {})
  })
  await database.outside('truncate notes')
  await testTransaction.start()
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  await client.query('insert into notes values (2)')
  await client.end()
  await testTransaction.rollback()
  await expect(database.countOutside('notes')).resolves.toBe(0)
})

test('a transaction that has taken the place of the test’s is found when the test ends', async () => {
  await testTransaction.start()
  const unseen = 'do $$ begin perform /* unseen, and long enough for what takes its place */ 1; end $$'
  await withChanged(unseen, 'rollback', async (client) => {
    await client.query('insert into notes values (1)')
    await expect(client.query(unseen)).rejects.toMatchObject({ code: 'PG_SANDBOX_UNEXPECTED_STATE' })
    await expect(testTransaction.rollback()).rejects.toMatchObject({ code: 'PG_SANDBOX_UNEXPECTED_STATE' })
  })
  await expect(database.countOutside('notes')).resolves.toBe(0)
})

test('the guard of another transaction is missed: the final rollback says that it is not ours', async () => {
  await testTransaction.start()
  await withChanged(
    'ROLLBACK TO SAVEPOINT "pg-sandbox guard"',
    'ROLLBACK TO SAVEPOINT "pg-sandbox other"',
    async (client) => {
      await client.query('insert into notes values (1)')
      // The server is not waited for: what it says is told by what comes next.
      await testTransaction.rollback()
      await expect(testTransaction.close()).rejects.toMatchObject({
        code: 'PG_SANDBOX_UNEXPECTED_STATE',
        message: expect.stringContaining('insert into notes values (1)'),
      })
    },
  )
  await expect(database.countOutside('notes')).resolves.toBe(0)
})

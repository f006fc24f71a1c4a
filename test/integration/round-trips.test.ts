import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { RoundTrips } from '../support/round-trips.ts'
import { situations } from '../support/round-trip-situations.ts'

/** What a test waits for, hooks included, on connections that are open: what README shows. */
const database = useDatabase('create table notes (id serial primary key, body text unique)')

const openers = {
  async Pool(url: string) {
    const pool = new Pool({ connectionString: url, max: 1 })
    await pool.query('select 1')
    return pool
  },
  async Client(url: string) {
    const client = new Client({ connectionString: url })
    await client.connect()
    return client
  },
}

describe.each(Object.entries(openers))('with a %s', (_, open) => {
  test.each(situations)(
    '$name waits for $sandboxed round trips',
    async ({ work, plain, sandboxed, reconnects }) => {
      const url = new URL(database.url())
      // With a password, SCRAM takes two more.
      const login = url.password === '' ? 1 : 3
      const trips = await RoundTrips.start(Number(url.port))
      url.port = String(trips.port)
      const client = await open(url.href)
      expect(await trips.count(() => work(client))).toBe(
        reconnects && client instanceof Pool ? plain + login : plain,
      )
      await database.outside('truncate notes')
      await testTransaction.start()
      await client.query('select 1')
      for (let round = 0; round < 3; round += 1) {
        const inTest = await trips.count(async () => {
          await testTransaction.start()
          await work(client)
          await testTransaction.rollback()
        })
        expect(inTest).toBe(sandboxed)
      }
      await testTransaction.close()
      await client.end()
      await trips.close()
      expect(await database.countOutside('notes')).toBe(0)
    },
  )
})

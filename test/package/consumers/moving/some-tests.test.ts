// A hook of the project's own, used in one block only. There is no set-up file.
import { db, end } from './db'
import { useTestDatabase } from './test-utils'

afterAll(end)

describe('my test', () => {
  describe('testing db', () => {
    useTestDatabase()

    test('should save record', async () => {
      await db.query("INSERT INTO sample (text) VALUES ('inside')")
      expect(await db.count()).toBe(1)
    })

    test('should save record, again', async () => {
      await db.query("INSERT INTO sample (text) VALUES ('inside')")
      expect(await db.count()).toBe(1)
    })
  })

  test('not using test transactions', async () => {
    await db.query("INSERT INTO sample (text) VALUES ('outside')")
    expect(await db.count()).toBe(1)
  })
})

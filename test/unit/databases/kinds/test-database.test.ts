import { userInfo } from 'node:os'
import { factsOf, testDatabase } from '../../../../src/databases/kinds/test-database.ts'

test('the parts of a connection string are told apart', () => {
  const url = 'postgres://ada:se%2Fcret@db.local:5433/app_test'
  expect(factsOf(url)).toEqual({
    url,
    host: 'db.local',
    port: 5433,
    user: 'ada',
    password: 'se/cret',
    database: 'app_test',
    env: {
      DATABASE_URL: url,
      PGHOST: 'db.local',
      PGPORT: '5433',
      PGUSER: 'ada',
      PGPASSWORD: 'se/cret',
      PGDATABASE: 'app_test',
    },
  })
})

test('a Unix socket is a host', () => {
  const url = 'postgres:///app_test?host=%2Ftmp&port=5433&user=ada'
  expect(factsOf(url)).toMatchObject({ host: '/tmp', port: 5433, user: 'ada', password: undefined })
})

test('what is left out is as for pg', () => {
  const user = userInfo().username
  expect(factsOf('postgres://localhost/')).toMatchObject({ port: 5432, user, database: user })
})

test('drop() and await using release it', async () => {
  let released = 0
  const database = testDatabase('postgres://localhost/app_test', () => (released += 1))
  await database.drop()
  expect(released).toBe(1)
  {
    await using _ = database
  }
  expect(released).toBe(2)
})

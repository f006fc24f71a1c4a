import {
  type Address,
  databaseOf,
  hostOf,
  onDatabase,
  printableUrl,
  urlOf,
} from '../../../../src/databases/server/address.ts'
import { environmentOf } from '../../../../src/databases/server/process-environment.ts'

const login = { host: 'db', port: 5433, user: 'ada', password: 's:e/c', database: 'app_test' }
const socket = { ...login, host: '/var/run' }
const url = 'postgres://ada:secret@db:5433/app_test?sslmode=disable'

test.each<[string, Address, string, string]>([
  ['a connection string', url, 'app_test', 'db'],
  ['its parts', login, 'app_test', 'db'],
  ['a string for a Unix socket', 'postgres:///app_test?host=/var/run', 'app_test', '/var/run'],
  ['a string without a database', 'postgres://ada@db', 'ada', 'db'],
])('%s tells the database and the host', (_, address, database, host) => {
  expect(databaseOf(address)).toBe(database)
  expect(hostOf(address)).toBe(host)
})

test('another database on the same server keeps all else', () => {
  expect(onDatabase(url, 'a b')).toBe('postgres://ada:secret@db:5433/a%20b?sslmode=disable')
  expect(onDatabase(login, 'other')).toEqual({ ...login, database: 'other' })
})

test.each<[Address, string]>([
  [url, url],
  [login, 'postgres://ada:s%3Ae%2Fc@db:5433/app_test'],
  [{ ...login, host: '::1', password: undefined }, 'postgres://ada@[::1]:5433/app_test'],
  [{ ...login, password: () => 'secret' }, 'postgres://ada@db:5433/app_test'],
  [socket, 'postgres:///app_test?host=%2Fvar%2Frun&port=5433&user=ada&password=s%3Ae%2Fc'],
])('%j is the connection string %s', (address, expected) => {
  expect(urlOf(address)).toBe(expected)
  expect(databaseOf(urlOf(address))).toBe('app_test')
})

test('what is printed has no password in it', () => {
  expect(printableUrl(url)).toBe('postgres://ada@db:5433/app_test?sslmode=disable')
  expect(printableUrl(socket)).toBe('postgres:///app_test?host=%2Fvar%2Frun&port=5433&user=ada')
})

const variables = { PGHOST: 'db', PGPORT: '5433', PGUSER: 'ada', PGDATABASE: 'app_test' }

test.each<[Address, object]>([
  [url, { ...variables, PGPASSWORD: 'secret' }],
  [login, { ...variables, PGPASSWORD: 's:e/c' }],
  [socket, { ...variables, PGHOST: '/var/run', PGPASSWORD: 's:e/c' }],
  ['postgres://ada@[::1]/app_test', { PGHOST: '::1', PGUSER: 'ada', PGDATABASE: 'app_test' }],
])('other processes reach %j by variables', (address, expected) => {
  expect(environmentOf(urlOf(address))).toEqual({ DATABASE_URL: urlOf(address), ...expected })
})

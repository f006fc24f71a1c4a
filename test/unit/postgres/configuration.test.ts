import { configurationText, settingsFor, versionOf } from '../../../src/postgres/configuration.ts'

const folder = '/tmp/pg-sandbox-0a1b2c-42-abcdef'

test('a server for tests listens on this machine alone, and waits for no disk', () => {
  expect(settingsFor(folder, 54_321, {})).toMatchObject({
    listen_addresses: '127.0.0.1',
    port: '54321',
    unix_socket_directories: folder,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  })
})

test('what is given comes before the defaults', () => {
  const settings = settingsFor(folder, 54_321, { fsync: 'on', port: '5433', log_statement: 'all' })
  expect(settings).toMatchObject({ fsync: 'on', port: '5433', log_statement: 'all' })
})

test('a folder whose path is too long for a socket has none', () => {
  expect(settingsFor(`/tmp/${'long/'.repeat(20)}`, 54_321, {})).toMatchObject({ unix_socket_directories: '' })
})

test('a value is quoted for the file, whatever it holds', () => {
  expect(configurationText({ search_path: "it's", port: '5433' })).toBe(
    "search_path = 'it''s'\nport = '5433'\n",
  )
})

test.each([
  ['postgres (PostgreSQL) 18.4\n', '18.4'],
  ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n', '15.18'],
  ['postgres (PostgreSQL) 19beta1\n', '19beta1'],
])('the version is told without its packager: %j', (output, version) => {
  expect(versionOf(output)).toBe(version)
})

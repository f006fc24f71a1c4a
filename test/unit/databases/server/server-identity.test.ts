import { isSameServer, type ServerIdentity } from '../../../../src/databases/server/server-identity.ts'

const one: ServerIdentity = {
  system: '77',
  started: '2026-01-01 00:00:00.123456+00',
  address: '::1',
  port: 5432,
}

test.each<[string, Partial<ServerIdentity>, boolean]>([
  ['itself', {}, true],
  ['the same by another address', { address: '127.0.0.1' }, true],
  ['the same by a Unix socket', { address: null }, true],
  ['the same, seen by a user with fewer rights', { system: undefined }, true],
  ['another system', { system: '78' }, false],
  ['a copy of it on another port', { port: 5433 }, false],
  ['a copy of it on another machine', { started: '2026-01-01 00:00:00.123457+00' }, false],
])('%s', (_, changes, isSame) => {
  expect(isSameServer(one, { ...one, ...changes })).toBe(isSame)
})

import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'

type Cases = [string, Command][]

const other: Command = { kind: 'other' }
const invalid: Command = { kind: 'invalid' }

test.each<[string, Command]>([
  ['begin', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['BEGIN WORK', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['Begin /* x */ Transaction', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['start -- x\n transaction', { kind: 'begin', tag: 'START TRANSACTION', modes: {} }],
  [
    'begin isolation level serializable, read only, deferrable',
    { kind: 'begin', tag: 'BEGIN', modes: { isolation: 'serializable', readOnly: true, deferrable: true } },
  ],
  [
    'start transaction isolation level repeatable read read write not deferrable',
    {
      kind: 'begin',
      tag: 'START TRANSACTION',
      modes: { isolation: 'repeatable read', readOnly: false, deferrable: false },
    },
  ],
  ['begin read only read write', { kind: 'begin', tag: 'BEGIN', modes: { readOnly: false } }],
  ['commit', { kind: 'commit', chain: false }],
  ['END TRANSACTION', { kind: 'commit', chain: false }],
  ['commit work and chain', { kind: 'commit', chain: true }],
  ['commit and no chain', { kind: 'commit', chain: false }],
  ['rollback', { kind: 'rollback', chain: false }],
  ['ABORT WORK AND CHAIN', { kind: 'rollback', chain: true }],
  ['savepoint A', { kind: 'savepoint', name: 'a' }],
  ['savepoint system_user', { kind: 'savepoint', name: 'system_user' }],
  ['savepoint "A""b"', { kind: 'savepoint', name: 'A"b' }],
  ['savepoint U&"d\\0061t\\+0000e9"', { kind: 'savepoint', name: 'daté' }],
  ['savepoint U&"d!0061" uescape \'!\'', { kind: 'savepoint', name: 'da' }],
  [`savepoint ${'é'.repeat(32)}`, { kind: 'savepoint', name: 'é'.repeat(31) }],
  ['savepoint ÀB', { kind: 'savepoint', name: 'Àb' }],
  ['release a', { kind: 'release', name: 'a' }],
  ['release savepoint a', { kind: 'release', name: 'a' }],
  ['release savepoint', { kind: 'release', name: 'savepoint' }],
  ['rollback to a', { kind: 'rollbackTo', name: 'a' }],
  ['rollback work to savepoint "x"', { kind: 'rollbackTo', name: 'x' }],
  ['rollback to savepoint', { kind: 'rollbackTo', name: 'savepoint' }],
  ['set transaction read only', { kind: 'setTransaction', modes: { readOnly: true } }],
  [
    'set local transaction isolation level read uncommitted',
    { kind: 'setTransaction', modes: { isolation: 'read uncommitted' } },
  ],
  ["set transaction snapshot '0-1'", { kind: 'setTransaction', snapshot: '0-1' }],
  [
    'set session characteristics as transaction read only',
    { kind: 'setSessionCharacteristics', modes: { readOnly: true }, local: false },
  ],
  ["prepare transaction 'a''b'", { kind: 'prepareTransaction', gid: "a'b" }],
  ['commit prepared $$a$$', { kind: 'commitPrepared', gid: 'a' }],
  ["rollback prepared E'a\\n\\x41\\u00e9'\n'b'", { kind: 'rollbackPrepared', gid: 'a\nAéb' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  'begin foo',
  'begin,',
  'begin read only,',
  'begin , read only',
  'begin isolation level',
  'start',
  'start work',
  'commit to a',
  'commit and',
  'end and chain no',
  'commit prepared',
  'commit prepared a',
  'rollback to',
  'rollback to a b',
  'rollback to select',
  'savepoint',
  'savepoint a b',
  'savepoint 1',
  'savepoint ""',
  'savepoint left',
  'release',
  'savepoint "a',
  'commit /* a',
  'begin /*',
  'set transaction',
  'set transaction foo',
  'set session characteristics',
  'prepare transaction',
  'prepare transaction a',
  "commit prepared U&'\\zzzz'",
])('%s starts as a transaction command, and the server will reject it', (sql) => {
  expect(classify(sql)).toEqual(invalid)
})

test.each([
  '"begin"',
  "'begin'",
  'rollbac\u212a',
  'begins',
  'explain commit',
  'transaction',
  ';',
  '',
  '(begin)',
  '$$begin$$',
])('%s is no transaction command', (sql) => {
  expect(classify(sql)).toEqual(other)
})

test('a backslash escapes in the name of a prepared transaction when the setting is off', () => {
  expect(classify("commit prepared 'a\\'b'", { standardConformingStrings: false })).toEqual({
    kind: 'commitPrepared',
    gid: "a'b",
  })
  expect(classify("commit prepared 'a\\'")).toEqual({ kind: 'commitPrepared', gid: 'a\\' })
})

test.each<[string, Command]>([
  ["set search_path to 'a'", { kind: 'set', name: 'search_path', local: false, value: 'a' }],
  ['SET LOCAL Statement_Timeout = 5', { kind: 'set', name: 'statement_timeout', local: true, value: '5' }],
  ['set session a.b = -1.5', { kind: 'set', name: 'a.b', local: false, value: '-1.5' }],
  ['set search_path = a, b', { kind: 'set', name: 'search_path', local: false }],
  ['set "TimeZone" to default', { kind: 'set', name: 'timezone', local: false, toDefault: true }],
  ["set time zone 'UTC'", { kind: 'set', name: 'timezone', local: false, value: 'UTC' }],
  ["set local time zone interval '1' hour", { kind: 'set', name: 'timezone', local: true }],
  ['set time zone local', { kind: 'set', name: 'timezone', local: false, toDefault: true }],
  ["set names 'utf8'", { kind: 'set', name: 'client_encoding', local: false, value: 'utf8' }],
  ['set names', { kind: 'set', name: 'client_encoding', local: false, toDefault: true }],
  ["set schema 'x'", { kind: 'set', name: 'search_path', local: false, value: 'x' }],
  ['set local role r', { kind: 'set', name: 'role', local: true, value: 'r' }],
  ['set role none', { kind: 'set', name: 'role', local: false, value: 'none' }],
  ["set session authorization 'r'", { kind: 'set', name: 'session_authorization', local: false, value: 'r' }],
  [
    'set local session authorization default',
    { kind: 'set', name: 'session_authorization', local: true, toDefault: true },
  ],
  ['set seed to 0.5', { kind: 'set', name: 'seed', local: false, value: '0.5' }],
  ['set xml option document', { kind: 'set', name: 'xmloption', local: false, value: 'document' }],
  [
    'set transaction_read_only = on',
    { kind: 'set', name: 'transaction_read_only', local: false, value: 'on' },
  ],
  ['set local = 1', { kind: 'set', name: 'local', local: false, value: '1' }],
  ['set local local = 1', { kind: 'set', name: 'local', local: true, value: '1' }],
  ['set transaction = 1', { kind: 'set', name: 'transaction', local: false, value: '1' }],
  ['set session.x = 1', { kind: 'set', name: 'session.x', local: false, value: '1' }],
  ['set constraints.x = 1', { kind: 'set', name: 'constraints.x', local: false, value: '1' }],
  ['reset all', { kind: 'reset', name: 'all' }],
  ['reset A.B', { kind: 'reset', name: 'a.b' }],
  ['reset role', { kind: 'reset', name: 'role' }],
  ['reset time zone', { kind: 'reset', name: 'timezone' }],
  ['reset session authorization', { kind: 'reset', name: 'session_authorization' }],
  ['reset transaction isolation level', { kind: 'reset', name: 'transaction_isolation' }],
  ['set constraints all deferred', { kind: 'setConstraints', names: 'all', deferred: true }],
  [
    'set constraints a, s."B" immediate',
    { kind: 'setConstraints', names: [['a'], ['s', 'B']], deferred: false },
  ],
  ['discard all', { kind: 'discard', what: 'all' }],
  ['discard temporary', { kind: 'discard', what: 'temp' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each<[string, Command]>([
  ['prepare p as select 1', { kind: 'prepareStatement', name: 'p' }],
  ['prepare transaction (int) as select $1', { kind: 'prepareStatement', name: 'transaction' }],
  ['deallocate p', { kind: 'deallocate', name: 'p' }],
  ['deallocate prepare "ALL"', { kind: 'deallocate', name: 'ALL' }],
  ['deallocate prepare', { kind: 'deallocate', name: 'prepare' }],
  ['deallocate prepare all', { kind: 'deallocate', all: true }],
  ['listen A', { kind: 'listen', channel: 'a' }],
  ['unlisten *', { kind: 'unlisten', all: true }],
  ['unlisten "A"', { kind: 'unlisten', channel: 'A' }],
  ['notify a', { kind: 'notify', channel: 'a' }],
  ["notify a, 'it''s'", { kind: 'notify', channel: 'a', payload: "it's" }],
  ['declare c no scroll cursor with hold for select 1', { kind: 'declareCursor', name: 'c', hold: true }],
  ['declare c cursor without hold for select 1', { kind: 'declareCursor', name: 'c', hold: false }],
  ['declare c binary insensitive cursor for select 1', { kind: 'declareCursor', name: 'c', hold: false }],
  ['close c', { kind: 'closeCursor', name: 'c' }],
  ['close all', { kind: 'closeCursor', all: true }],
  ['copy t from stdin', { kind: 'copy', direction: 'in' }],
  ['copy s.from (a, "b") from stdin with (format csv)', { kind: 'copy', direction: 'in' }],
  ['copy (select a from (select 1) x) to stdout', { kind: 'copy', direction: 'out' }],
  ['copy binary t to stdin', { kind: 'copy', direction: 'out' }],
  ["copy t from '/x'", { kind: 'copy', direction: 'server' }],
  ["copy t to program 'x'", { kind: 'copy', direction: 'server' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  'set foo',
  'set',
  'reset',
  'reset a b',
  'discard',
  'discard x',
  'listen',
  'notify a b',
  'close',
  'copy',
  'copy t',
  'declare c',
  'prepare p',
  'deallocate a b',
  'set session session x = 1',
])('%s, which the server will reject, is other', (sql) => {
  expect(classify(sql)).toEqual(other)
})

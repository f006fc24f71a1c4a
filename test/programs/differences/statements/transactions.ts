import type fc from 'fast-check'
import { each, group, type Group, type Template, texts } from './groups.ts'

const MODES = [
  'read only',
  'read write',
  'isolation level serializable',
  'isolation level repeatable read',
  'isolation level read committed',
  'isolation level read uncommitted',
  'deferrable',
  'not deferrable',
  'isolation level serializable, read only, deferrable',
  'isolation level repeatable read, read only',
]

const SAVEPOINTS = ['a', 'b', 'A', '"A b"', 'ünï']

/** A transaction that begins with modes. */
export const MODES_OF_BEGIN: fc.Arbitrary<Template> = each('begin %', MODES)

/** Transaction commands. */
export const TRANSACTIONS: readonly Group[] = [
  texts(
    'begin',
    7,
    'begin',
    'begin',
    'begin',
    'BEGIN WORK',
    'start transaction',
    'begin transaction',
    '/* c */ Begin -- x\n',
  ),
  texts(
    'commit',
    7,
    'commit',
    'commit',
    'commit',
    'end',
    'COMMIT WORK',
    'end transaction',
    'commit and no chain',
    'commit; -- done',
  ),
  texts(
    'rollback',
    4,
    'rollback',
    'rollback',
    'abort',
    'ROLLBACK TRANSACTION',
    'rollback work',
    'abort and no chain',
    '/* c */ rollback -- x\n',
  ),
  texts('chain', 2, 'commit and chain', 'rollback and chain', 'end work and chain', 'abort and chain'),
  group(
    'modes',
    3,
    each('begin %', MODES),
    each('start transaction %', MODES),
    each('begin %, %', MODES, MODES),
  ),
  group(
    'modes',
    2,
    each('set transaction %', MODES),
    each('set local transaction_%', ['read_only = on', "isolation = 'serializable'", 'deferrable = on']),
  ),
  texts(
    'modes',
    2,
    'show transaction_isolation',
    'show transaction_read_only',
    'show transaction_deferrable',
    'show transaction isolation level',
    "select current_setting('transaction_read_only')",
    'set transaction_read_only = on',
    'set transaction_read_only = off',
  ),
  group(
    'characteristics',
    2,
    each('set session characteristics as transaction %', MODES),
    each(
      'set %default_transaction_%',
      ['', 'local '],
      [
        'read_only = on',
        'read_only = off',
        "isolation = 'serializable'",
        "isolation = 'repeatable read'",
        'deferrable = on',
      ],
    ),
    each('reset default_transaction_%', ['read_only', 'isolation', 'deferrable']),
    each('show default_transaction_%', ['read_only', 'isolation', 'deferrable']),
    each(
      "select set_config('default_transaction_%', 'on', %)",
      ['read_only', 'deferrable'],
      ['true', 'false'],
    ),
  ),
  group(
    'savepoints',
    3,
    each('savepoint %', SAVEPOINTS),
    each('release %%', ['', 'savepoint '], SAVEPOINTS),
    each('rollback to %%', ['', 'savepoint '], SAVEPOINTS),
    each('rollback transaction to savepoint %', SAVEPOINTS),
  ),
]

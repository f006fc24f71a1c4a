/** The table of commands, row by row: what is asked of it, for an example of each kind. */
import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'
import {
  afterServer,
  deallocatesAll,
  interpret,
  isControl,
  isOurs,
  refusalInFailedBlock,
  takesSnapshot,
  takesValues,
} from '../../../src/transaction/commands.ts'
import { failed } from '../../../src/transaction/regions.ts'
import { inBlock } from './followed-session.ts'

type Row = readonly [example: string, properties: string]

const CONTROL = 'control'
const OURS = 'control, ours'

/** An example of each kind, and what is true of it. */
const ROWS = {
  empty: ['', ''],
  invalid: ['begin nonsense', 'snapshot, queries, writes'],
  read: ['select 1', 'snapshot, queries'],
  other: ['insert into t values (1)', 'snapshot, queries, writes'],
  lock: ['lock t', `${CONTROL}, writes`],
  begin: ['begin', `${OURS}, queries, writes`],
  commit: ['commit', `${OURS}, ends a failure, queries, writes`],
  rollback: ['rollback', `${OURS}, ends a failure, queries, writes`],
  savepoint: ['savepoint s', CONTROL],
  release: ['release s', CONTROL],
  rollbackTo: ['rollback to s', `${CONTROL}, ends a failure`],
  setTransaction: ['set transaction read only', `${OURS}, writes`],
  setSessionCharacteristics: ['set session characteristics as transaction read only', 'writes'],
  prepareTransaction: ["prepare transaction 'x'", `${OURS}, ends a failure, snapshot, queries, writes`],
  commitPrepared: ["commit prepared 'x'", `${OURS}, snapshot, queries, writes`],
  rollbackPrepared: ["rollback prepared 'x'", `${OURS}, snapshot, queries, writes`],
  set: ['set timezone to 1', `${CONTROL}, writes`],
  reset: ['reset timezone', `${CONTROL}, writes`],
  setConfig: ["select set_config('a.b', $1, false)", 'snapshot, values, queries, writes'],
  setConstraints: ['set constraints all deferred', `${CONTROL}, writes`],
  show: ['show transaction_isolation', CONTROL],
  discard: ['discard plans', `${CONTROL}, snapshot, queries, writes`],
  prepareStatement: ['prepare p as select 1', 'snapshot, queries, writes'],
  deallocate: ['deallocate p', `${CONTROL}, snapshot, queries, writes`],
  listen: ['listen a', `${OURS}, queries, writes`],
  unlisten: ['unlisten a', `${OURS}, queries, writes`],
  notify: ['notify a', 'writes'],
  selectNotify: ['select pg_notify($1, $2)', 'snapshot, values, queries, writes'],
  createTemporary: ['create temp table t ()', 'snapshot, queries, writes'],
  declareCursor: ['declare c cursor for select 1', `${CONTROL}, snapshot, queries, writes`],
  closeCursor: ['close c', `${CONTROL}, snapshot, queries, writes`],
  copy: ['copy t from stdin', 'snapshot, queries, writes'],
} satisfies Record<Command['kind'], Row>

/** A text without a statement is not classified. */
function commandOf(sql: string): Command {
  return sql === '' ? { kind: 'empty' } : classify(sql)
}

const KNOWN_SCHEMA = { ...inBlock, schema: { ...inBlock.schema, isStale: false, readsMayWrite: false } }

function propertiesOf(command: Command, sql: string): string {
  const { block } = afterServer(KNOWN_SCHEMA, command, sql)
  const properties = {
    control: isControl(command),
    ours: isOurs(command),
    'ends a failure': refusalInFailedBlock(failed(inBlock), command) === undefined,
    snapshot: takesSnapshot(command),
    values: takesValues(command),
    queries: block?.queried,
    writes: block?.wrote,
  }
  return Object.entries(properties)
    .filter(([, isTrue]) => isTrue)
    .map(([name]) => name)
    .join(', ')
}

test.each(Object.entries(ROWS))('%s', (kind, [sql, properties]) => {
  const command = commandOf(sql)
  expect(command.kind).toBe(kind)
  expect(propertiesOf(command, sql)).toBe(properties)
})

test('a command that is no control command is the server’s, as is each in a failed block but its end', () => {
  for (const [sql, properties] of Object.values(ROWS)) {
    const command = commandOf(sql)
    const isSent = (state = inBlock): boolean => interpret(state, command, false).kind === 'send'
    if (!properties.includes('control')) expect(isSent()).toBe(true)
    if (!properties.includes('ends a failure')) expect(isSent(failed(inBlock))).toBe(true)
  }
})

test('single commands differ from their kind', () => {
  expect(isOurs(classify("set transaction snapshot '0-1'"))).toBe(false)
  expect(isControl(classify("set transaction snapshot '0-1'"))).toBe(true)
  expect(takesSnapshot(classify('show timezone'))).toBe(false)
  expect(afterServer(KNOWN_SCHEMA, classify('show timezone'), 'show timezone')).toBe(KNOWN_SCHEMA)
})

test.each([
  ['discard all', true],
  ['discard plans', false],
  ['deallocate all', true],
  ['deallocate "all"', false],
  ['close all', false],
])('%s takes all prepared statements away: %s', (sql, expected) => {
  expect(deallocatesAll(classify(sql))).toBe(expected)
})

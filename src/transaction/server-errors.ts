/**
 * Errors and warnings of the server that the sandbox answers in its place, word for word.
 * Source: src/backend/access/transam/xact.c, and `\errverbose` in a plain session of PostgreSQL 15 and 18.
 */
import type { Fields } from '../protocol/backend.ts'
import { hidesWarnings } from '../sql/traces.ts'
import { valueOf } from './settings.ts'
import type { TransactionState } from './state.ts'

function severity(level: 'ERROR' | 'WARNING', code: string, text: string, routine: string): Fields {
  return { S: level, V: level, C: code, M: text, F: 'xact.c', R: routine }
}

export const NO_TRANSACTION: Fields = severity(
  'WARNING',
  '25P01',
  'there is no transaction in progress',
  'UserAbortTransactionBlock',
)

export const ALREADY_IN_TRANSACTION: Fields = severity(
  'WARNING',
  '25001',
  'there is already a transaction in progress',
  'BeginTransactionBlock',
)

/** The warning for a command that has no effect outside a transaction block. */
export function needsBlockWarning(command: string): Fields {
  return severity('WARNING', '25P01', needsBlock(command), 'CheckTransactionBlock')
}

/** The error for a command that exists only inside a transaction block. */
export function needsBlockError(command: string): Fields {
  return severity('ERROR', '25P01', needsBlock(command), 'CheckTransactionBlock')
}

function needsBlock(command: string): string {
  return `${command} can only be used in transaction blocks`
}

export const IN_FAILED_BLOCK: Fields = {
  ...severity(
    'ERROR',
    '25P02',
    'current transaction is aborted, commands ignored until end of transaction block',
    'exec_parse_message',
  ),
  F: 'postgres.c',
}

/** The end of a connection on which a message has come that no client sends. */
export function unknownMessage(type: number): Fields {
  const fatal = { S: 'FATAL', V: 'FATAL', C: '08P01', F: 'postgres.c', R: 'SocketBackend' }
  return { ...fatal, M: `invalid frontend message type ${type}` }
}

/** The error for values that a command which takes none is given. */
export function superfluousValues(count: number, statement: string): Fields {
  const text = `bind message supplies ${count} parameters, but prepared statement "${statement}" requires 0`
  return { ...severity('ERROR', '08P01', text, 'exec_bind_message'), F: 'postgres.c' }
}

export function portalExists(portal: string): Fields {
  return {
    ...severity('ERROR', '42P03', `cursor "${portal}" already exists`, 'CreatePortal'),
    F: 'portalmem.c',
  }
}

export function portalIsDone(portal: string): Fields {
  const text = `portal "${portal}" cannot be run`
  return { ...severity('ERROR', '55000', text, 'MarkPortalActive'), F: 'portalmem.c' }
}

/** The warnings that a client wants to hear of; `client_min_messages` may say that it does not. */
export function heardWarnings(
  warnings: readonly Fields[],
  { client, inForce }: Pick<TransactionState, 'client' | 'inForce'>,
): readonly Fields[] {
  if (warnings.length === 0) return warnings
  const isLocal = inForce.get(LEVEL)?.kind === 'local'
  const level = valueOf(isLocal ? inForce : client.settings, LEVEL)
  return hidesWarnings(level ?? '') ? [] : warnings
}

const LEVEL = 'client_min_messages'

export const READ_WRITE_TOO_LATE: Fields = {
  ...severity(
    'ERROR',
    '25001',
    'transaction read-write mode must be set before any query',
    'call_bool_check_hook',
  ),
  F: 'variable.c',
}

export const READ_WRITE_IN_READ_ONLY: Fields = {
  ...READ_WRITE_TOO_LATE,
  M: 'cannot set transaction read-write mode inside a read-only transaction',
}

export const SNAPSHOT_NEEDS_ISOLATION: Fields = {
  ...severity(
    'ERROR',
    '0A000',
    'a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ',
    'ImportSnapshot',
  ),
  F: 'snapmgr.c',
}

/** The error for a transaction mode that is chosen inside a savepoint. */
export function inSubtransaction(text: string): Fields {
  return { ...severity('ERROR', '25001', `SET TRANSACTION ${text}`, 'check_XactIsoLevel'), F: 'variable.c' }
}

/** The error for a transaction mode that is chosen after a snapshot has been taken. */
export function tooLate(mode: string): Fields {
  const text = `SET TRANSACTION ${mode} must be called before any query`
  return { ...severity('ERROR', '25001', text, 'check_XactIsoLevel'), F: 'variable.c' }
}

const HINT =
  'A test runs in a transaction that is rolled back, where the server does not allow this. To run it for real, give ' +
  "the test a database of its own: useTestDatabase({ isolation: 'database' })."

/** VACUUM, CREATE DATABASE and the like; COMMIT inside a procedure or DO block. */
function isOurDoing({ C: code, R: routine }: Fields): boolean {
  return (code === '25001' && routine === 'PreventInTransactionBlock') || code === '2D000'
}

/** The error with a hint, where the same statement would have run outside the sandbox. */
export function withHint(fields: Fields, isAlone: boolean): Fields {
  return !isAlone || !isOurDoing(fields) ? fields : { ...fields, H: HINT }
}

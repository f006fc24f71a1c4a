/**
 * Errors and warnings of the server that the sandbox answers in its place, word for word.
 * Source: src/backend/access/transam/xact.c, and `\errverbose` in a plain session of PostgreSQL 15 and 18.
 */
import type { Fields } from '../protocol/backend.ts'

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

export const READ_WRITE_TOO_LATE: Fields = {
  ...severity(
    'ERROR',
    '25001',
    'transaction read-write mode must be set before any query',
    'call_bool_check_hook',
  ),
  F: 'variable.c',
}

/** The error for a transaction mode that is chosen after a snapshot has been taken. */
export function tooLate(mode: string): Fields {
  const text = `SET TRANSACTION ${mode} must be called before any query`
  return { ...severity('ERROR', '25001', text, 'check_XactIsoLevel'), F: 'variable.c' }
}

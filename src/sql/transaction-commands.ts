import type { Command, TransactionModes } from './command.ts'
import type { TokenReader } from './token-reader.ts'

/**
 * A command that begins, ends or marks a transaction, or undefined when the statement's first words say that it is none.
 * Follows `TransactionStmt` and `VariableSetStmt` of the server's grammar (src/backend/parser/gram.y).
 */
export function transactionCommand(reader: TokenReader): Command | undefined {
  const first = reader.word()
  if (first === 'prepare' || first === 'set') return preparedOrModes(reader)
  const command = parsers.get(first)
  if (!command) return undefined
  reader.at++
  return whole(reader, command(reader))
}

const invalid: Command = { kind: 'invalid' }

const parsers: ReadonlyMap<string, (reader: TokenReader) => Command | undefined> = new Map([
  ['begin', (reader) => begin(reader, 'BEGIN')],
  ['start', (reader) => (reader.accept('transaction') ? begin(reader, 'START TRANSACTION') : undefined)],
  ['commit', (reader) => prepared(reader, 'commitPrepared') ?? end(reader, 'commit')],
  ['end', (reader) => end(reader, 'commit')],
  [
    'rollback',
    (reader) => prepared(reader, 'rollbackPrepared') ?? rollbackTo(reader) ?? end(reader, 'rollback'),
  ],
  ['abort', (reader) => end(reader, 'rollback')],
  ['savepoint', (reader) => named(reader, 'savepoint')],
  ['release', (reader) => afterSavepoint(reader, 'release')],
] satisfies [string, (reader: TokenReader) => Command | undefined][])

/** PREPARE also prepares statements and SET sets settings, so here the next words decide whether this is about transactions. */
function preparedOrModes(reader: TokenReader): Command | undefined {
  const start = reader.at
  const command = reader.accept('prepare') ? prepareTransaction(reader) : setModes(reader)
  if (!command) reader.at = start
  return command && whole(reader, command)
}

function prepareTransaction(reader: TokenReader): Command | undefined {
  if (!reader.accept('transaction')) return undefined
  // `transaction` may also be the name of a prepared statement: PREPARE transaction [(types)] AS …
  if (reader.word() === 'as' || reader.text() === '(') return undefined
  const gid = reader.string()
  return gid === undefined ? invalid : { kind: 'prepareTransaction', gid }
}

function setModes(reader: TokenReader): Command | undefined {
  reader.accept('set')
  // A setting may have any of these words for its name: SET LOCAL TO 1, SET TRANSACTION.x = 1.
  if (isAssignment(reader)) return undefined
  const scope = reader.acceptOne('local', 'session')
  if (scope === 'session' && reader.word() === 'characteristics') reader.at--
  else if (scope && isAssignment(reader)) return undefined
  if (reader.accept('session', 'characteristics')) {
    if (isAssignment(reader, reader.at - 1)) return undefined
    const modes = reader.accept('as', 'transaction') ? transactionModes(reader) : undefined
    return modes ? { kind: 'setSessionCharacteristics', modes, local: scope === 'local' } : invalid
  }
  if (!reader.accept('transaction')) return undefined
  if (reader.accept('snapshot')) {
    const snapshot = reader.string()
    return snapshot === undefined ? invalid : { kind: 'setTransaction', snapshot }
  }
  const modes = transactionModes(reader)
  return modes ? { kind: 'setTransaction', modes } : invalid
}

/** Whether the word at this place is the name of a setting that gets a value: `x =`, `x TO`, `x.y`, `x FROM CURRENT`. */
export function isAssignment(reader: TokenReader, at: number = reader.at): boolean {
  // U&"d!0061y" UESCAPE '!' is a name of three tokens.
  const last = reader.word(at + 1) === 'uescape' ? at + 2 : at
  const next = reader.text(last + 1)
  return next === '=' || next === '.' || reader.word(last + 1) === 'to' || reader.word(last + 1) === 'from'
}

function begin(reader: TokenReader, tag: 'BEGIN' | 'START TRANSACTION'): Command | undefined {
  if (tag === 'BEGIN') reader.acceptOne('work', 'transaction')
  const modes = reader.done ? {} : transactionModes(reader)
  return modes && { kind: 'begin', tag, modes }
}

function end(reader: TokenReader, kind: 'commit' | 'rollback'): Command {
  reader.acceptOne('work', 'transaction')
  if (reader.accept('and', 'no', 'chain')) return { kind, chain: false }
  return { kind, chain: reader.accept('and', 'chain') }
}

function rollbackTo(reader: TokenReader): Command | undefined {
  const start = reader.at
  reader.acceptOne('work', 'transaction')
  if (reader.accept('to')) return afterSavepoint(reader, 'rollbackTo') ?? invalid
  reader.at = start
  return undefined
}

function prepared(reader: TokenReader, kind: 'commitPrepared' | 'rollbackPrepared'): Command | undefined {
  if (!reader.accept('prepared')) return undefined
  const gid = reader.string()
  return gid === undefined ? invalid : { kind, gid }
}

/** The word SAVEPOINT may be left out, and it may be the savepoint's name. */
function afterSavepoint(reader: TokenReader, kind: 'release' | 'rollbackTo'): Command | undefined {
  if (reader.tokens.length - reader.at > 1) reader.accept('savepoint')
  return named(reader, kind)
}

function named(reader: TokenReader, kind: 'savepoint' | 'release' | 'rollbackTo'): Command | undefined {
  const name = reader.name()
  return name === undefined ? undefined : { kind, name }
}

/** One or more modes, with commas between them or without; the later of two wins. */
function transactionModes(reader: TokenReader): TransactionModes | undefined {
  let modes: TransactionModes = {}
  do {
    const mode = transactionMode(reader)
    if (!mode) return undefined
    modes = { ...modes, ...mode }
  } while (reader.symbol(',') || !reader.done)
  return modes
}

function transactionMode(reader: TokenReader): TransactionModes | undefined {
  if (reader.accept('read', 'only')) return { readOnly: true }
  if (reader.accept('read', 'write')) return { readOnly: false }
  if (reader.accept('deferrable')) return { deferrable: true }
  if (reader.accept('not', 'deferrable')) return { deferrable: false }
  if (!reader.accept('isolation', 'level')) return undefined
  const isolation = levels.find((level) => reader.accept(...level.split(' ')))
  return isolation && { isolation }
}

const levels = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'] as const

function whole(reader: TokenReader, command: Command | undefined): Command {
  return command && reader.done ? command : invalid
}

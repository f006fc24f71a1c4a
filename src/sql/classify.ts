import type { Command } from './command.ts'
import { Lexer, type LexerOptions } from './lexer.ts'
import { foldCase } from './literals.ts'
import { namedCommand } from './named-commands.ts'
import { selectNotify } from './notify-calls.ts'
import { isRead, show } from './reads.ts'
import { setConfig } from './set-config.ts'
import { settingCommand } from './setting-commands.ts'
import { createTemporary } from './temporary-tables.ts'
import { TokenReader } from './token-reader.ts'
import { transactionCommand } from './transaction-commands.ts'
import { words } from './keywords.ts'

const other: Command = { kind: 'other' }
const read: Command = { kind: 'read' }
const showing: Command = { kind: 'read', shows: true }
const lock: Command = { kind: 'lock' }

const readWords = words('select table values with show explain')
const commandWords = words(`
  begin start commit end rollback abort savepoint release prepare set reset discard deallocate listen unlisten notify declare
  close copy`)

/**
 * What one statement, without its semicolon, asks of the session. Anything that does not surely match is `other`, which is
 * always safe; a transaction command is never anything but itself, or `invalid`.
 *
 * @example
 * classify('ROLLBACK TO "Sp"') // { kind: 'rollbackTo', name: 'Sp' }
 */
export function classify(statement: string, options: LexerOptions = {}): Command {
  const first = firstWord(statement, options)
  if (commandWords.has(first)) {
    const reader = new TokenReader(statement, options)
    return transactionCommand(reader) ?? settingCommand(reader) ?? namedCommand(reader) ?? other
  }
  if (first === 'lock') return lock
  if (first === 'create') return createTemporary(new TokenReader(statement, options)) ?? other
  if (first !== '(' && !readWords.has(first)) return other
  const reader = new TokenReader(statement, options)
  if (isRead(reader)) return first === 'show' ? showing : read
  return show(reader) ?? setConfig(reader) ?? selectNotify(reader) ?? other
}

/** A long INSERT is `other` by its first word: its other tokens need not be looked at. */
function firstWord(statement: string, options: LexerOptions): string {
  const lexer = new Lexer(statement, options)
  if (!lexer.next() || lexer.kind === 'quotedIdentifier') return ''
  return foldCase(statement.slice(lexer.start, lexer.end))
}

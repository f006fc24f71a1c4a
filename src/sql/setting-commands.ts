import type { Command } from './command.ts'
import { foldCase } from './literals.ts'
import type { TokenReader } from './token-reader.ts'
import { isAssignment } from './transaction-commands.ts'

/** SET, RESET and DISCARD, or undefined for another statement or one that the server will reject. */
export function settingCommand(reader: TokenReader): Command | undefined {
  const start = reader.at
  const command = reader.accept('set', 'constraints') ? setConstraints(reader, start) : other(reader)
  if (!command) reader.at = start
  return command
}

function other(reader: TokenReader): Command | undefined {
  if (reader.accept('set')) return set(reader)
  if (reader.accept('reset')) return reset(reader)
  return reader.accept('discard') ? discard(reader) : undefined
}

function set(reader: TokenReader): Command | undefined {
  const scope = isAssignment(reader) ? undefined : reader.acceptOne('local', 'session')
  // In SET SESSION AUTHORIZATION the word is not the scope, unless it is there twice.
  if (scope === 'session' && reader.word() === 'authorization') reader.at--
  const local = scope === 'local'
  if (isAssignment(reader)) {
    const name = settingName(reader)
    if (name === undefined) return undefined
    if (reader.accept('from', 'current')) return { kind: 'set', name, local }
    return reader.symbol('=') || reader.accept('to') ? assignment(reader, name, local) : undefined
  }
  const name = specialName(reader)
  return name === undefined ? undefined : assignment(reader, name, local)
}

/** The spellings of the standard, by the settings that they set. */
function specialName(reader: TokenReader): string | undefined {
  const [, name] = spellings.find(([spelling]) => reader.accept(...spelling.split(' '))) ?? []
  return name
}

const spellings: readonly (readonly [string, string])[] = [
  ['time zone', 'timezone'],
  ['names', 'client_encoding'],
  ['schema', 'search_path'],
  ['role', 'role'],
  ['session authorization', 'session_authorization'],
  ['xml option', 'xmloption'],
]

function assignment(reader: TokenReader, name: string, local: boolean): Command {
  const left = reader.tokens.length - reader.at
  const word = left === 1 ? reader.word() : ''
  // SET NAMES alone, and SET TIME ZONE LOCAL, put the default back.
  const toDefault =
    word === 'default' ||
    (name === 'client_encoding' && left === 0) ||
    (name === 'timezone' && word === 'local')
  if (toDefault) return { kind: 'set', name, local, toDefault: true }
  const value = loneValue(reader)
  return value === undefined ? { kind: 'set', name, local } : { kind: 'set', name, local, value }
}

function loneValue(reader: TokenReader): string | undefined {
  const sign = reader.symbol('-') ? '-' : ''
  const kind = reader.tokens[reader.at]?.kind
  const value = kind === 'number' ? sign + reader.text(reader.at++) : sign ? undefined : reader.wordOrString()
  return reader.done ? value : undefined
}

/** The server finds settings whatever their case, even quoted ones; a name may have several parts. */
function settingName(reader: TokenReader): string | undefined {
  const parts = [reader.name()]
  while (reader.symbol('.')) parts.push(reader.name())
  return parts.includes(undefined) ? undefined : foldCase(parts.join('.'))
}

function reset(reader: TokenReader): Command | undefined {
  const name = resetName(reader)
  return name !== undefined && reader.done ? { kind: 'reset', name } : undefined
}

function resetName(reader: TokenReader): string | undefined {
  if (reader.accept('all')) return 'all'
  if (reader.accept('time', 'zone')) return 'timezone'
  if (reader.accept('session', 'authorization')) return 'session_authorization'
  if (reader.accept('transaction', 'isolation', 'level')) return 'transaction_isolation'
  return settingName(reader)
}

function discard(reader: TokenReader): Command | undefined {
  const what = reader.acceptOne('all', 'temp', 'temporary', 'sequences', 'plans')
  return what && reader.done ? { kind: 'discard', what: what === 'temporary' ? 'temp' : what } : undefined
}

function setConstraints(reader: TokenReader, start: number): Command | undefined {
  if (isAssignment(reader, start + 1)) {
    reader.at = start
    return other(reader)
  }
  const names = reader.accept('all') ? 'all' : constraintNames(reader)
  const mode = reader.acceptOne('deferred', 'immediate')
  return names && mode && reader.done
    ? { kind: 'setConstraints', names, deferred: mode === 'deferred' }
    : undefined
}

function constraintNames(reader: TokenReader): (readonly string[])[] | undefined {
  const names: (readonly string[])[] = []
  do {
    const name = reader.qualifiedName()
    if (!name) return undefined
    names.push(name)
  } while (reader.symbol(','))
  return names
}

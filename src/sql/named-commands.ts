import type { Command } from './command.ts'
import type { TokenReader } from './token-reader.ts'

/** PREPARE, DEALLOCATE, LISTEN, UNLISTEN, NOTIFY, DECLARE, CLOSE and COPY, or undefined for what the server will reject. */
export function namedCommand(reader: TokenReader): Command | undefined {
  const parse = parsers.get(reader.word())
  reader.at++
  return parse?.(reader)
}

const parsers: ReadonlyMap<string, (reader: TokenReader) => Command | undefined> = new Map([
  ['prepare', prepare],
  ['deallocate', deallocate],
  ['listen', listen],
  ['unlisten', unlisten],
  ['notify', notify],
  ['declare', declare],
  ['close', close],
  ['copy', copy],
])

function prepare(reader: TokenReader): Command | undefined {
  const name = reader.name()
  const more = reader.word() === 'as' || reader.text() === '('
  return name !== undefined && more ? { kind: 'prepareStatement', name } : undefined
}

function deallocate(reader: TokenReader): Command | undefined {
  // The word PREPARE may be left out, and it may be the statement's name.
  if (reader.tokens.length - reader.at > 1) reader.accept('prepare')
  const all = reader.accept('all')
  const name = all ? '' : reader.name()
  if (name === undefined || !reader.done) return undefined
  return all ? { kind: 'deallocate', all } : { kind: 'deallocate', name }
}

function listen(reader: TokenReader): Command | undefined {
  const channel = reader.name()
  return channel !== undefined && reader.done ? { kind: 'listen', channel } : undefined
}

function unlisten(reader: TokenReader): Command | undefined {
  const all = reader.symbol('*')
  const channel = all ? '' : reader.name()
  if (channel === undefined || !reader.done) return undefined
  return all ? { kind: 'unlisten', all } : { kind: 'unlisten', channel }
}

function notify(reader: TokenReader): Command | undefined {
  const channel = reader.name()
  if (channel === undefined) return undefined
  if (reader.done) return { kind: 'notify', channel }
  const payload = reader.symbol(',') ? reader.string() : undefined
  return payload !== undefined && reader.done ? { kind: 'notify', channel, payload } : undefined
}

function declare(reader: TokenReader): Command | undefined {
  const name = reader.name()
  while (reader.accept('no', 'scroll') || reader.acceptOne('scroll', 'binary', 'asensitive', 'insensitive'));
  if (name === undefined || !reader.accept('cursor')) return undefined
  const hold = reader.accept('with', 'hold')
  if (!hold) reader.accept('without', 'hold')
  return reader.word() === 'for' ? { kind: 'declareCursor', name, hold } : undefined
}

function close(reader: TokenReader): Command | undefined {
  const all = reader.accept('all')
  const name = all ? '' : reader.name()
  if (name === undefined || !reader.done) return undefined
  return all ? { kind: 'closeCursor', all } : { kind: 'closeCursor', name }
}

function copy(reader: TokenReader): Command | undefined {
  // BINARY is no name: COPY BINARY t FROM … is the spelling of old.
  reader.accept('binary')
  if (reader.text() !== '(' && !reader.qualifiedName()) return undefined
  if (reader.text() === '(') skipParentheses(reader)
  const way = reader.acceptOne('from', 'to')
  if (!way) return undefined
  // The grammar takes STDIN and STDOUT for the same word.
  if (!reader.acceptOne('stdin', 'stdout')) return { kind: 'copy', direction: 'server' }
  return { kind: 'copy', direction: way === 'from' ? 'in' : 'out' }
}

function skipParentheses(reader: TokenReader): void {
  for (let depth = 0; !reader.done;) {
    if (reader.symbol('(')) depth++
    else if (reader.symbol(')')) depth--
    else reader.at++
    if (depth === 0) return
  }
}

import type { Command, OnCommit } from './command.ts'
import { TokenReader } from './token-reader.ts'

/** CREATE TEMPORARY TABLE, with what a commit does to it; undefined for anything else that is created. */
export function createTemporary(reader: TokenReader): Command | undefined {
  if (!reader.accept('create')) return undefined
  reader.acceptOne('local', 'global')
  const isTemporary = reader.acceptOne('temp', 'temporary') !== undefined
  if (!reader.accept('table')) return undefined
  const ifNotExists = reader.accept('if', 'not', 'exists')
  const name = reader.qualifiedName()
  if (name === undefined || !(isTemporary || name[0] === 'pg_temp')) return undefined
  return { kind: 'createTemporary', name: name.at(-1)!, onCommit: onCommit(reader), ifNotExists }
}

function onCommit(reader: TokenReader): OnCommit {
  for (; !reader.done; reader.at++) {
    if (reader.accept('on', 'commit')) return reader.acceptOne('drop', 'delete') ?? 'preserve'
  }
  return 'preserve'
}

/** The tables that DROP TABLE names which may be temporary: by themselves, or as those of pg_temp. */
export function droppedTables(sql: string): readonly string[] {
  const reader = new TokenReader(sql)
  const names: string[] = []
  if (!reader.accept('drop', 'table')) return names
  reader.accept('if', 'exists')
  do {
    const name = reader.qualifiedName() ?? []
    if (name.length === 1 || name[0] === 'pg_temp') names.push(name.at(-1)!)
  } while (reader.symbol(','))
  return names
}

import type { Command, ConfigArgument, ConfigCall } from './command.ts'
import { words } from './keywords.ts'
import { foldCase } from './literals.ts'
import type { TokenReader } from './token-reader.ts'

/**
 * A SELECT that calls `set_config` for certain: no rows decide how often, and every argument is written out or a
 * parameter. Undefined for anything else.
 */
export function setConfig(reader: TokenReader): Command | undefined {
  const calls = certainCalls(reader, 'set_config', configCall)
  return calls && { kind: 'setConfig', calls }
}

/** The calls of a function in a SELECT that has no rows to call it for; undefined when one of them is not clear. */
export function certainCalls<Call>(
  reader: TokenReader,
  name: string,
  parse: (reader: TokenReader) => Call | undefined,
): Call[] | undefined {
  const calls: Call[] = []
  reader.at = 0
  if (!reader.accept('select')) return undefined
  while (!reader.done) {
    if (ROWS.has(reader.word())) return undefined
    if (reader.text(reader.at + 1) === '(' && nameAt(reader) === name) {
      if (reader.text(reader.at - 1) === '.' && !isOfCatalog(reader)) return undefined
      reader.at += 2
      const call = parse(reader)
      if (call === undefined) return undefined
      calls.push(call)
    } else reader.at++
  }
  return calls.length > 0 ? calls : undefined
}

/** The name at the reader's place, quoted or not. */
function nameAt(reader: TokenReader): string | undefined {
  const { at } = reader
  const name = reader.label()
  reader.at = at
  return name
}

function isOfCatalog(reader: TokenReader): boolean {
  return reader.word(reader.at - 2) === 'pg_catalog' && reader.text(reader.at - 3) !== '.'
}

const ROWS: ReadonlySet<string> = words(
  'from where union limit offset case coalesce select with having and or',
)

function configCall(reader: TokenReader): ConfigCall | undefined {
  const setting = argument(reader, textLiteral)
  const value = reader.symbol(',') ? argument(reader, textLiteral) : undefined
  const local = reader.symbol(',') ? argument(reader, booleanLiteral) : undefined
  if (!setting || !value || !local || !reader.symbol(')')) return undefined
  return {
    name: setting.kind === 'literal' ? { kind: 'literal', value: foldName(setting.value) } : setting,
    value,
    local,
  }
}

/** An argument that is written out or a parameter, and nothing else. */
export function argument<Value>(
  reader: TokenReader,
  literal: (reader: TokenReader) => Value | undefined,
): ConfigArgument<Value> | undefined {
  const parameter =
    reader.tokens[reader.at]?.kind === 'parameter' ? Number(reader.text(reader.at++).slice(1)) : undefined
  const value = parameter === undefined ? literal(reader) : undefined
  if (reader.symbol('::') && !reader.acceptOne('text', 'varchar', 'boolean', 'bool')) return undefined
  if (parameter !== undefined) return { kind: 'parameter', number: parameter }
  return value === undefined ? undefined : { kind: 'literal', value }
}

export function textLiteral(reader: TokenReader): string | null | undefined {
  return reader.accept('null') ? null : reader.string()
}

/** The strings that any version takes for a boolean, in the spellings that people write. */
const booleans: ReadonlyMap<string | null | undefined, boolean | null> = new Map<
  string | null,
  boolean | null
>([
  [null, null],
  ...['true', 't', 'on', 'yes', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'off', 'no', '0'].map((word) => [word, false] as const),
])

function booleanLiteral(reader: TokenReader): boolean | null | undefined {
  const word = reader.acceptOne('true', 'false')
  return word ? word === 'true' : booleans.get(textLiteral(reader))
}

function foldName(name: string | null): string | null {
  return name === null ? null : foldCase(name)
}

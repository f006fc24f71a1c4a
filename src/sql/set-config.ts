import type { Command, ConfigArgument, ConfigCall } from './command.ts'
import { foldCase } from './literals.ts'
import type { TokenReader } from './token-reader.ts'

/**
 * `SELECT set_config(…)` with nothing but such calls, their arguments written out or parameters; undefined for anything else.
 */
export function setConfig(reader: TokenReader): Command | undefined {
  reader.at = 0
  if (!reader.accept('select')) return undefined
  const calls: ConfigCall[] = []
  do {
    const call = configCall(reader)
    if (!call) return undefined
    calls.push(call)
    if (reader.accept('as') || (!reader.done && reader.text() !== ',')) reader.label()
  } while (reader.symbol(','))
  return reader.done ? { kind: 'setConfig', calls } : undefined
}

function configCall(reader: TokenReader): ConfigCall | undefined {
  const name = reader.qualifiedName()?.join('.')
  if ((name !== 'set_config' && name !== 'pg_catalog.set_config') || !reader.symbol('(')) return undefined
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

function argument<Value>(
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

function textLiteral(reader: TokenReader): string | null | undefined {
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

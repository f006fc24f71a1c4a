import type { Command, TransactionSetting } from './command.ts'
import { readingFunctions } from './functions.ts'
import { syntaxWords, words } from './keywords.ts'
import { foldCase, quotedName } from './literals.ts'
import type { TokenReader } from './token-reader.ts'

/** Whether a statement certainly changes nothing: neither data nor settings nor locks. When in doubt it is not a read. */
export function isRead(reader: TokenReader): boolean {
  if (reader.accept('show')) return showsPlainSetting(reader)
  if (reader.accept('explain') && !skipExplainOptions(reader)) return false
  let first = reader.at
  while (reader.text(first) === '(') first++
  return queryWords.has(reader.word(first)) && onlyReads(reader, first)
}

const queryWords = words('select table values with')
const writingWords = words('insert update delete merge into')
const lockWords = words('update share no key')

const transactionSettings: ReadonlySet<string> = new Set<TransactionSetting>([
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
  'default_transaction_read_only',
])

/** SHOW of a setting that tells of the transaction. */
export function show(reader: TokenReader): Command | undefined {
  reader.at = 0
  if (!reader.accept('show')) return undefined
  const name = reader.accept('transaction', 'isolation', 'level')
    ? 'transaction_isolation'
    : foldCase(reader.qualifiedName()?.join('.') ?? '')
  return reader.done && transactionSettings.has(name)
    ? { kind: 'show', name: name as TransactionSetting }
    : undefined
}

function showsPlainSetting(reader: TokenReader): boolean {
  if (reader.accept('time', 'zone') || reader.accept('session', 'authorization')) return reader.done
  const name = reader.qualifiedName()
  return name !== undefined && reader.done && !transactionSettings.has(foldCase(name.join('.')))
}

/** Options in parentheses look like a parenthesised query until the first word; with ANALYZE the query would run. */
function skipExplainOptions(reader: TokenReader): boolean {
  for (let i = reader.at; i < reader.tokens.length; i++) if (/^analy[sz]e$/.test(reader.word(i))) return false
  if (reader.accept('verbose') || reader.text() !== '(') return true
  if (reader.text(reader.at + 1) === '(' || queryWords.has(reader.word(reader.at + 1))) return true
  while (!reader.done && reader.text() !== ')') reader.at++
  return reader.symbol(')')
}

function onlyReads(reader: TokenReader, first: number): boolean {
  const pairs = parentheses(reader)
  for (let i = first; i < reader.tokens.length; i++) {
    const word = reader.word(i)
    if (writingWords.has(word) && reader.text(i - 1) !== '.') return false
    if (word === 'uescape' || (word === 'for' && lockWords.has(reader.word(i + 1)))) return false
    if (word === 'pg_settings') return false
    if (reader.text(i) === '(' && !isHarmless(reader, i, pairs)) return false
    if (reader.text(i) === '.' && mayCall(reader, i + 1)) return false
  }
  return true
}

/** May the name at `at`, behind a point, be a call? `(1::oid).lo_create` is one of `lo_create(1)`. */
function mayCall(reader: TokenReader, at: number): boolean {
  const name = nameAt(reader, at)
  if (name === undefined || readingFunctions.has(name)) return false
  return WRITING.test(name) || (OF_THE_SERVER.test(name) && nameAt(reader, at - 2) !== 'pg_catalog')
}

/** Functions of one parameter that do more than read. The server's own tables have names of the second kind, too. */
const WRITING = /^(?:lo_|lowrite|nextval|setval|setseed|set_config)|advisory/
const OF_THE_SERVER = /^(?:pg_|brin_|gin_)/

/** For each parenthesis the index of its other half, -1 where there is none. */
function parentheses(reader: TokenReader): Int32Array {
  const pairs = new Int32Array(reader.tokens.length).fill(-1)
  const open: number[] = []
  for (let i = 0; i < pairs.length; i++) {
    if (reader.text(i) === '(') open.push(i)
    else if (reader.text(i) === ')' && open.length > 0) {
      pairs[i] = open.pop()!
      pairs[pairs[i]!] = i
    }
  }
  return pairs
}

/** Whether the parenthesis at `at` belongs to no call, or to the call of a function that only reads. */
function isHarmless(reader: TokenReader, at: number, pairs: Int32Array): boolean {
  const kind = reader.tokens[at - 1]?.kind
  if (kind !== 'word' && kind !== 'quotedIdentifier') return true
  const name = nameAt(reader, at - 1)
  const known = name !== undefined && readingFunctions.has(name)
  if (reader.text(at - 2) === '.')
    return known && nameAt(reader, at - 3) === 'pg_catalog' && reader.text(at - 4) !== '.'
  return known || isSyntax(reader, at, pairs) || isColumnList(reader, at, pairs)
}

function nameAt(reader: TokenReader, at: number): string | undefined {
  const text = reader.text(at)
  return text[0] === '"' ? quotedName(text) : reader.word(at) || undefined
}

/** Keywords in front of a parenthesis; those that could also be a function's name only where the syntax has them. */
function isSyntax(reader: TokenReader, at: number, pairs: Int32Array): boolean {
  const word = reader.word(at - 1)
  const before = reader.word(at - 2)
  switch (word) {
    case 'filter':
    case 'over':
    case 'repeatable':
      return followsOperand(reader, at, pairs)
    case 'by':
      return before === 'group' || before === 'order' || before === 'partition'
    case 'rollup':
    case 'cube':
      return before === 'by'
    case 'sets':
      return before === 'grouping'
    case 'zone':
      return before === 'time'
    case 'materialized':
      return before === 'not'
    case 'bernoulli':
    case 'system':
      return before === 'tablesample'
    case 'operator':
      return (
        reader.word(at + 1) === 'pg_catalog' && reader.text(at + 2) === '.' && reader.text(at + 4) === ')'
      )
    default:
      return syntaxWords.has(word)
  }
}

/** `AS t(a, b)`, `generate_series(1, 3) t(a)`, `WITH t(a, b) AS (SELECT …)`. */
function isColumnList(reader: TokenReader, at: number, pairs: Int32Array): boolean {
  const before = reader.word(at - 2)
  if (before === 'as' || before === 'ordinality' || followsOperand(reader, at, pairs)) return true
  let next = pairs[at]! + 1
  if (next === 0 || reader.word(next++) !== 'as') return false
  if (reader.word(next) === 'not') next++
  if (reader.word(next) === 'materialized') next++
  // f(a) AS (b int) is a call with the types of its columns; no such list starts as a query does.
  const query = reader.word(next + 1)
  const values = query === 'values' && reader.text(next + 2) === '('
  return reader.text(next) === '(' && (values || query === 'select' || query === 'with' || query === 'table')
}

/**
 * Whether the word in front of the parenthesis at `at` comes right after something in parentheses. A call can only do so
 * in `DISTINCT ON (a) f(b)` and `a OPERATOR(pg_catalog.+) f(b)`.
 */
function followsOperand(reader: TokenReader, at: number, pairs: Int32Array): boolean {
  if (reader.text(at - 2) !== ')') return false
  const owner = reader.word(pairs[at - 2]! - 1)
  return owner !== 'on' && owner !== 'operator'
}

/** What the log of SQL shows of a statement: shortened, and without secrets. Pure. */
import type { Fields } from '../protocol/fields.ts'

/** A statement that a client has sent, and what became of it. */
export interface LoggedStatement {
  /** The client, as a number from 1. */
  readonly client: number
  /** As the application sent it; undefined for more rows of a statement that runs already. */
  readonly sql: string | undefined
  /** Values of its parameters. */
  readonly values: readonly (string | null)[]
  /** What went out for it: the statements of each write, of which undefined stands for its own text. */
  readonly wire: readonly (readonly (string | undefined)[])[]
  /** Undefined while it runs. */
  readonly milliseconds: number | undefined
  /** What the server or the sandbox has answered, such as `INSERT 0 1`. */
  readonly tags: readonly string[]
  readonly rows: number
  readonly error: Fields | undefined
}

const LONGEST_STATEMENT = 1000
/** Of the sandbox, or rewritten by it. */
const LONGEST_OWN = 150
const LONGEST_VALUE = 60
const MOST_VALUES = 50

/**
 * @param test the test's name, where the runner tells it
 *
 * @example
 * formatLog('orders are stored', statements) // 'pg-sandbox: the SQL of the test "orders are stored"\n 1. …'
 */
export function formatLog(test: string | undefined, statements: readonly LoggedStatement[]): string {
  const title = test === undefined ? 'the SQL outside of tests' : `the SQL of the test "${test}"`
  const tellsClients = new Set(statements.map(({ client }) => client)).size > 1
  const entries = statements.map((statement, i) => formatStatement(statement, i + 1, tellsClients))
  return `pg-sandbox: ${title}\n${entries.join('\n')}\n`
}

function formatStatement(statement: LoggedStatement, number: number, tellsClient: boolean): string {
  const { client, sql, values } = statement
  const from = tellsClient ? `client ${client}: ` : ''
  const shown = values.slice(0, MOST_VALUES).map(formatValue)
  if (values.length > MOST_VALUES) shown.push(`and ${values.length - MOST_VALUES} more`)
  return [
    `${String(number).padStart(3)}. ${from}${sql === undefined ? '(more rows)' : shorten(sql, LONGEST_STATEMENT)}`,
    ...(shown.length > 0 ? [`     values: ${shown.join(', ')}`] : []),
    `     on the wire: ${formatWire(statement)}`,
    `     ${formatResult(statement)}`,
  ].join('\n')
}

function formatWire({ wire }: LoggedStatement): string {
  const writes = wire.map((sent) =>
    sent.map((sql) => (sql === undefined ? 'the same' : shorten(sql, LONGEST_OWN))).join('; '),
  )
  return writes.join(' | once more: ') || 'nothing'
}

function formatResult({ milliseconds, tags, rows, error }: LoggedStatement): string {
  const time = milliseconds === undefined ? '' : ` in ${milliseconds.toFixed(1)} ms`
  if (error !== undefined) return `failed${time}: ${shorten(error['M'] ?? '', 300)} (${error['C']})`
  const result = tags.join(', ') || (rows > 0 ? `${rows} ${rows === 1 ? 'row' : 'rows'}` : 'done')
  return milliseconds === undefined ? 'not answered yet' : result + time
}

function formatValue(value: string | null): string {
  return value === null ? 'NULL' : `'${shorten(value, LONGEST_VALUE)}'`
}

function shorten(text: string, length: number): string {
  const line = hideSecrets(text).replaceAll(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}

const GAP = String.raw`(?:\s|/\*[\s\S]*?\*/|--[^\n]*\n)*`
/** A string after PASSWORD or CONNECTION; one whose end is not clear is hidden to the end of the text. */
const AFTER_KEYWORD = new RegExp(
  String.raw`\b(password|connection)(${GAP}=?${GAP})(?:''(?:(?!'').)*(?:''|$)|(?:e|n|u&)?'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(\$\w*\$)[\s\S]*?(?:\3|$))`,
  'gi',
)
/** The password in an address of a server, and in a list of keywords and values. */
const IN_ADDRESS = /(\b\w+:\/\/[^\s:/@'"]*:)[^\s@'"]+(?=@)/g
const IN_KEYWORDS = /(\b(?:ssl)?password\s*=\s*)(?:\\'[^']*\\'|''[^']*''|'[^']*'|[^\s'"]+)/gi

/** Passwords of roles and servers are replaced by `***`. */
export function hideSecrets(text: string): string {
  return text
    .replaceAll(AFTER_KEYWORD, "$1$2'***'")
    .replaceAll(IN_ADDRESS, '$1***')
    .replaceAll(IN_KEYWORDS, '$1***')
}

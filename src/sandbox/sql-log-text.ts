/** What the log of SQL shows of a statement: shortened, and without secrets. Pure. */
import { excerpt, shorten } from '../excerpt.ts'
import type { SandboxOptions } from '../options.ts'
import type { Fields } from '../protocol/fields.ts'
import { tokenize } from '../sql/lexer.ts'
import { secretPlaces } from '../sql/secret-places.ts'

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
const LONGEST_ERROR = 300
const MOST_VALUES = 50

type ShownValues = SandboxOptions['logValues']

/**
 * @param test the test's name, where the runner tells it
 * @param values default: those that belong to no password, secret, token or key
 *
 * @example
 * formatLog('orders are stored', statements) // 'pg-sandbox: the SQL of the test "orders are stored"\n 1. …'
 */
export function formatLog(
  test: string | undefined,
  statements: readonly LoggedStatement[],
  values: ShownValues = 'exceptSecrets',
): string {
  const title = test === undefined ? 'the SQL outside of tests' : `the SQL of the test "${test}"`
  const tellsClients = new Set(statements.map(({ client }) => client)).size > 1
  const entries = statements.map((statement, i) =>
    formatStatement({ ...statement, number: i + 1, tellsClients }, values),
  )
  return `pg-sandbox: ${title}\n${entries.join('\n')}\n`
}

/** With its place in the log. */
interface Entry extends LoggedStatement {
  readonly number: number
  /** Are there statements of several clients? */
  readonly tellsClients: boolean
}

function formatStatement(entry: Entry, shown: ShownValues): string {
  const { client, sql, number, values } = entry
  const from = entry.tellsClients ? `client ${client}: ` : ''
  const isHidden = hiddenPlaces(entry, shown)
  const texts = values
    .slice(0, MOST_VALUES)
    .map((value, i) => (isHidden(i) ? hiddenValue(value) : formatValue(value, shown)))
  if (values.length > MOST_VALUES) texts.push(`and ${values.length - MOST_VALUES} more`)
  const hidden = values.filter((value, i): value is string => value !== null && isHidden(i))
  return [
    `${String(number).padStart(3)}. ${from}${sql === undefined ? '(more rows)' : excerpt(sql, LONGEST_STATEMENT)}`,
    ...(texts.length > 0 ? [`     values: ${texts.join(', ')}`] : []),
    `     on the wire: ${formatWire(entry)}`,
    `     ${formatResult(entry, hidden)}`,
  ].join('\n')
}

/** Is the value at a place, from 0, one that is not to be shown? */
function hiddenPlaces({ sql = '', values }: LoggedStatement, shown: ShownValues): (place: number) => boolean {
  if (shown !== 'exceptSecrets' || values.length === 0) return () => shown === 'never'
  const secrets = new Set<number>()
  let offset = 0
  // What a client sends together stands there as one text, and each statement counts its parameters anew.
  for (const statement of statementsIn(sql)) {
    const from = offset
    const valueOf = (parameter: number): string | null | undefined => values[from + parameter - 1]
    for (const parameter of secretPlaces(statement, {}, valueOf).parameters) secrets.add(from + parameter - 1)
    offset += parametersOf(statement)
  }
  // Where the values are not those that the text asks for, nobody knows whose they are.
  return (place) => (offset === values.length ? secrets.has(place) : secrets.size > 0)
}

function statementsIn(sql: string): string[] {
  const ends = tokenize(sql).filter(({ start, end }) => sql.slice(start, end) === ';')
  const starts = [0, ...ends.map(({ end }) => end)]
  return starts.map((start, i) => sql.slice(start, ends[i]?.start))
}

/** How many parameters it has. */
function parametersOf(sql: string): number {
  const numbers = tokenize(sql).map(({ kind, start, end }) =>
    kind === 'parameter' ? Number(sql.slice(start + 1, end)) : 0,
  )
  return numbers.reduce((most, number) => Math.max(most, number), 0)
}

function formatWire({ wire }: LoggedStatement): string {
  const writes = wire.map((sent) =>
    sent.map((sql) => (sql === undefined ? 'the same' : excerpt(sql, LONGEST_OWN))).join('; '),
  )
  return writes.join(' | once more: ') || 'nothing'
}

/** @param hidden values that the server's words may quote */
function formatResult(
  { milliseconds, tags, rows, error }: LoggedStatement,
  hidden: readonly string[],
): string {
  const time = milliseconds === undefined ? '' : ` in ${milliseconds.toFixed(1)} ms`
  if (error !== undefined)
    return `failed${time}: ${excerpt(withoutValues(error['M'] ?? '', hidden), LONGEST_ERROR)} (${error['C']})`
  const result = tags.join(', ') || (rows > 0 ? `${rows} ${rows === 1 ? 'row' : 'rows'}` : 'done')
  return milliseconds === undefined ? 'not answered yet' : result + time
}

/** Between quotes, as the server quotes a value: a short one may be part of a word. */
function withoutValues(message: string, hidden: readonly string[]): string {
  return hidden.reduce(
    (text, value) => (value === '' ? text : text.replaceAll(`"${value}"`, '"***"')),
    message,
  )
}

function formatValue(value: string | null, shown: ShownValues): string {
  if (value === null) return 'NULL'
  return `'${shown === 'always' ? shorten(value, LONGEST_VALUE) : excerpt(value, LONGEST_VALUE)}'`
}

/** Whether there is a value, and whether it is empty, tells no secret. */
function hiddenValue(value: string | null): string {
  return value === null ? 'NULL' : value === '' ? "''" : "'***'"
}

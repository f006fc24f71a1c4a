/**
 * The statements that a test has run, kept to be shown when it fails.
 *
 * Each level has a log, into which clients put a record for each unit where the option `logSql` wants it.
 */
import { BACKEND, type Fields, readFields, readTag } from '../protocol/backend.ts'
import { CLIENT_BULK, FrameReader } from '../protocol/frames.ts'
import { FRONTEND, readBindValues, readParse, readQuery } from '../protocol/frontend.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { now } from '../clock/clock.ts'
import type { UnitRecord } from '../session/requester.ts'
import type { SandboxOptions } from '../options.ts'
import { formatLog, type LoggedStatement } from './sql-log-text.ts'
import { sqlOf } from '../exchange/unit.ts'
import type { Unit } from '../session/unit.ts'

type When = SandboxOptions['logSql']

/** What TEST_DB_LOG_SQL says, which comes before the option. */
export function whenByEnvironment(value: string | undefined): When | undefined {
  if (value === undefined || value === '' || value === '0') return undefined
  return value === 'always' || value === 'never' ? value : 'onFailure'
}

/** The option as the environment sets it, where it does. */
export function logByEnvironment(environment: NodeJS.ProcessEnv): { readonly logSql?: When } {
  const logSql = whenByEnvironment(environment['TEST_DB_LOG_SQL'])
  return logSql === undefined ? {} : { logSql }
}

export class StatementRecord implements LoggedStatement, UnitRecord {
  readonly client: number
  readonly sql: string | undefined
  readonly values: readonly (string | null)[]
  readonly wire: (readonly (string | undefined)[])[] = []
  readonly tags: string[] = []
  milliseconds: number | undefined
  rows = 0
  error: Fields | undefined
  readonly #reader = new FrameReader()
  readonly #startedAt = now()

  constructor(client: number, unit: Unit) {
    this.client = client
    this.sql = sqlOf(unit) || undefined
    const binds = unit.frames.filter(({ type }) => type === FRONTEND.bind)
    this.values = binds.flatMap(({ bytes }) => readBindValues(bytes, describeBinary))
  }

  /** What goes out for it. */
  sent({ prefix, messages, ending }: Pick<Exchange, 'prefix' | 'messages' | 'ending'>): void {
    const texts = messages
      .flatMap((bytes) => new FrameReader({ bulk: CLIENT_BULK }).read(bytes))
      .flatMap(textOf)
    const isSame = texts.length === 0 || texts.join('; ') === this.sql
    this.wire.push([...prefix, ...(isSame ? [undefined] : texts), ...(ending?.sql ?? [])])
  }

  /** What its client is told. */
  delivered(bytes: Buffer): void {
    for (const { type, bytes: message } of this.#reader.read(bytes)) {
      if (type === BACKEND.commandComplete) this.tags.push(readTag(message))
      else if (type === BACKEND.dataRow) this.rows += countMessages(message)
      else if (type === BACKEND.error) this.error ??= readFields(message)
    }
  }

  end(): undefined {
    this.milliseconds = now() - this.#startedAt
  }
}

/** The reader gives rows that follow each other as one. */
function countMessages(bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) count += 1
  return count
}

function textOf({ type, bytes }: { readonly type: number; readonly bytes: Buffer }): string[] {
  if (type === FRONTEND.query) return [readQuery(bytes)]
  return type === FRONTEND.parse ? [readParse(bytes).sql] : []
}

function describeBinary({ length }: Buffer): string {
  return `(binary, ${length} bytes)`
}

const ASKS: ReadonlySet<number> = new Set([
  FRONTEND.query,
  FRONTEND.parse,
  FRONTEND.bind,
  FRONTEND.execute,
  FRONTEND.functionCall,
])

/** Whose statements are shown. */
interface Shown {
  readonly test: string | undefined
  readonly failed: boolean | undefined
}

export class SqlLog {
  #records: StatementRecord[] = []
  #clients: Unit['requester'][] = []

  /** Undefined for what asks for nothing. */
  begin(unit: Unit): StatementRecord | undefined {
    if (!unit.frames.some(({ type }) => ASKS.has(type))) return undefined
    if (!this.#clients.includes(unit.requester)) this.#clients.push(unit.requester)
    const record = new StatementRecord(this.#clients.indexOf(unit.requester) + 1, unit)
    this.#records.push(record)
    return record
  }

  /** Writes it to stderr where that is wanted. */
  show(when: When, { test, failed }: Shown, values: SandboxOptions['logValues']): void {
    if (this.#records.length === 0 || when === 'never' || (when === 'onFailure' && !failed)) return
    process.stderr.write(formatLog(test, this.#records, values))
    this.clear()
  }

  /** Takes what another has, which is no longer to be shown there. */
  take(other: SqlLog): void {
    this.#records.push(...other.#records)
    this.#clients.push(...other.#clients)
    other.clear()
  }

  clear(): void {
    this.#records = []
    this.#clients = []
  }
}

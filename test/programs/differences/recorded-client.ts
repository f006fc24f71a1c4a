import type { Client } from 'pg'
import { queryOf } from '../query.ts'
import { lineOf, type Message, withoutCircumstances } from './messages.ts'
import type { Bound, Statement } from './program.ts'

type Connection = {
  on(event: 'message', listener: (message: Message) => void): void
  parsedStatements: Record<string, string>
  submittedNamedStatements: Record<string, string>
}

/** What is used of `pg.Client` beyond its types. */
export type PgClient = Client & {
  readonly connection: Connection
  readonly processID: number | null
  pipeline: boolean
  getTransactionStatus?(): string | null
}

const LEAVES_STATE = /(?<!\bupdate(?: [\w.]+)? )\bset|reset|listen|prepare|execute|declare|temp|role|discard/i

type Callback = (error: (Error & { code?: string }) | null) => void

/**
 * One client of a program: sends, and writes down all that the server answers. Nothing that the server says is thrown.
 *
 * @example
 * const client = new RecordedClient(new Client(url), () => 'own')
 * await client.connect()
 * await client.send([unit]) // ['columns …', 'row ["1"]', 'complete SELECT 1', 'ready I', 'resolved, status I']
 */
export class RecordedClient {
  readonly client: PgClient
  /** What the server told at the start, without the process id. */
  greeting: readonly string[] = []
  /** Has it sent LISTEN since it was given out? */
  listens = false
  /** Has it sent anything that may have left something in its session? */
  hasState = false
  ended = false
  #lines: string[] = []
  #status = 'I'
  #readies = 0
  #wake: (() => void) | undefined

  constructor(client: Client, whose: (processId: number, client: RecordedClient) => string) {
    this.client = client as PgClient
    this.client.on('error', (error) => this.#lines.push(`lost: ${error.message}`))
    this.client.on('end', () => {
      this.ended = true
      this.#wake?.()
    })
    const name = (processId: number): string => whose(processId, this)
    this.client.connection.on('message', (message) => {
      this.#lines.push(lineOf(message, name))
      sortLastReports(this.#lines)
      if (message.name !== 'readyForQuery') return
      this.#status = String(message['status'])
      this.#readies += 1
      this.#wake?.()
    })
  }

  /** Has it a transaction block open? By the last ReadyForQuery. */
  get isInTransaction(): boolean {
    return this.#status !== 'I'
  }

  async connect(): Promise<void> {
    await this.client.connect()
    this.greeting = this.takeLines()
      .filter((line) => line.startsWith('parameter ') || line.startsWith('ready '))
      .toSorted()
  }

  async end(): Promise<void> {
    await this.client.end()
  }

  /** Makes it as good as a new one, for the next program. */
  async renew(): Promise<void> {
    await this.rollBack()
    if (this.hasState) await this.#quietly('discard all')
    this.client.connection.parsedStatements = {}
    this.client.connection.submittedNamedStatements = {}
    this.listens = false
    this.hasState = false
    this.takeLines()
  }

  /** Ends the transaction that a program has left open. */
  async rollBack(): Promise<void> {
    if (this.isInTransaction) await this.#quietly('rollback')
  }

  async #quietly(sql: string): Promise<void> {
    if (!this.ended) await this.send([{ kind: 'statement', client: 0, sql, protocol: 'simple' }])
  }

  /** Sends the units at once, and gives all that came back up to the last ReadyForQuery. */
  async send(units: readonly (Statement | Bound)[]): Promise<string[]> {
    if (units.length === 0) return []
    const outcomes: string[] = []
    for (const { sql, protocol } of units) {
      this.listens ||= /\blisten\b/i.test(sql)
      this.hasState ||= protocol === 'prepared' || LEAVES_STATE.test(sql)
    }
    await this.perform((done) => {
      this.client.pipeline = units.length > 1
      for (const unit of units) {
        const query = queryOf(unit)
        const told: Callback = (error) => {
          outcomes.push(outcomeOf(error))
          done(outcomes.length === units.length)
        }
        // With values in the configuration, pg takes the second parameter for the callback.
        void this.client.query(query as string, told as never)
      }
    }, units.length)
    this.client.pipeline = false
    return [...this.takeLines(), `${outcomes.join(', ')}, status ${this.statusOfPg}`]
  }

  get statusOfPg(): string {
    return this.client.getTransactionStatus?.() ?? '-'
  }

  /**
   * Waits until `work` has said that it is done and `readies` ReadyForQuery have come: an error is told before it.
   */
  perform(work: (done: (all: boolean) => void) => void, readies = 1): Promise<void> {
    const expected = this.#readies + readies
    return new Promise((resolve) => {
      let isDone = false
      this.#wake = () => {
        if (!this.ended && !(isDone && this.#readies >= expected)) return
        this.#wake = undefined
        resolve()
      }
      work((all) => {
        isDone ||= all
        this.#wake?.()
      })
    })
  }

  /** What has come since the last call. */
  takeLines(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }
}

function outcomeOf(error: (Error & { code?: string }) | null): string {
  return error ? `rejected ${error.code ?? ''} ${withoutCircumstances(error.message)}` : 'resolved'
}

/** Values that are reported together come in no order that means anything, nor do notifications beside them. */
function sortLastReports(lines: string[]): void {
  const first = lines.findLastIndex((line) => !/^(?:parameter|notification) /.test(line)) + 1
  const reports = lines.splice(first)
  const isParameter = (line: string): boolean => line.startsWith('parameter ')
  lines.push(...reports.filter((line) => !isParameter(line)), ...reports.filter(isParameter).toSorted())
}

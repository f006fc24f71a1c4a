import { type Client, type ClientConfig, type QueryConfig } from 'pg'

/** How a statement without values is sent. */
export type Protocol = 'simple' | 'extended' | 'prepared'

/** A message of the server as pg has read it. */
type Message = { readonly name: string } & Record<string, unknown>

/** A step of a program: what was sent, and every message that came back, one line each. */
export type Step = { readonly client: string; readonly sent: string; readonly answers: readonly string[] }

type Connected = Client & {
  connection: { on(event: 'message', listener: (message: Message) => void): void }
  readyForQuery: boolean
  getTransactionStatus?(): string | null
}

/**
 * One client of a program. Sends statements and writes down all that the server answers, errors too: a step never
 * throws because of the server.
 *
 * @example
 * await a.run('insert into accounts values ($1)', 3)
 * await a.run('commit')
 */
export class Recorder {
  readonly #name: string
  readonly #client: Connected
  readonly #steps: Step[]
  readonly #protocol: Protocol
  #answers: string[] = []
  #ended = false
  #status = 'I'

  constructor(name: string, client: Client, steps: Step[], protocol: Protocol) {
    this.#name = name
    this.#client = client as Connected
    this.#steps = steps
    this.#protocol = protocol
    client.on('error', (error) => this.#answers.push(`lost ${error.message}`))
    client.on('end', () => (this.#ended = true))
  }

  /** The status that the last ReadyForQuery has told. */
  get status(): string {
    return this.#status
  }

  async connect(): Promise<void> {
    await this.#client.connect()
    this.#client.connection.on('message', (message) => {
      const line = lineOf(message)
      if (line !== undefined) this.#answers.push(line)
      if (message.name === 'readyForQuery') this.#status = String(message['status'])
    })
  }

  async end(): Promise<void> {
    await this.#client.end()
  }

  /** In the protocol that the program runs in; with values always in the extended one. */
  async run(text: string, ...values: unknown[]): Promise<void> {
    if (values.length > 0) return this.extended(text, ...values)
    if (this.#protocol === 'prepared') return this.prepared(text, text)
    return this.#protocol === 'extended' ? this.extended(text) : this.simple(text)
  }

  async simple(text: string): Promise<void> {
    await this.#step(text, text)
  }

  async extended(text: string, ...values: unknown[]): Promise<void> {
    await this.#step(`${text} ${JSON.stringify(values)}`, { text, values })
  }

  async prepared(name: string, text: string, ...values: unknown[]): Promise<void> {
    await this.#step(`${name}: ${text} ${JSON.stringify(values)}`, { name: name.slice(0, 63), text, values })
  }

  async #step(sent: string, query: string | QueryConfig): Promise<void> {
    this.#answers = []
    let outcome = 'resolved'
    try {
      await this.#client.query(query as string)
    } catch (error) {
      outcome = `rejected ${(error as { code?: string }).code ?? (error as Error).message}`
    }
    await this.#idle()
    const status = this.#client.getTransactionStatus?.() ?? '-'
    this.#steps.push({
      client: this.#name,
      sent,
      answers: [...shorten(this.#answers), `${outcome}, status ${status}`],
    })
  }

  /** Until ReadyForQuery: an error is told before it. */
  async #idle(): Promise<void> {
    while (!this.#client.readyForQuery && !this.#ended) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Rows beyond the first and last ten are counted: a difference in many thousands could not be read. */
function shorten(answers: readonly string[]): string[] {
  return answers.length <= 40
    ? [...answers]
    : [...answers.slice(0, 20), `… ${answers.length - 40} more`, ...answers.slice(-20)]
}

const ERROR_FIELDS = [
  'severity',
  'code',
  'message',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
]

function lineOf(message: Message): string | undefined {
  switch (message.name) {
    case 'dataRow':
      return `row ${JSON.stringify(message['fields'])}`
    case 'commandComplete':
      return `complete ${String(message['text'])}`
    case 'readyForQuery':
      return `ready ${String(message['status'])}`
    case 'parameterStatus':
      return `parameter ${String(message['parameterName'])} = ${String(message['parameterValue'])}`
    case 'rowDescription':
      return `columns ${(message['fields'] as { name: string; dataTypeID: number }[]).map((field) => `${field.name}:${field.dataTypeID}`).join(', ')}`
    case 'error':
    case 'notice':
      return `${message.name} ${ERROR_FIELDS.filter((field) => message[field] !== undefined)
        .map((field) => `${field}=${String(message[field])}`)
        .join(' | ')}`
    case 'notification':
      return `notification ${String(message['channel'])} ${String(message['payload'])}`
    default:
      return message.name
  }
}

export type { ClientConfig }

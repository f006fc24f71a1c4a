import { createHash } from 'node:crypto'
import { Client, type ClientConfig, type QueryConfig } from 'pg'
import { isOutside, markOutside } from '../../src/outside-client.ts'
import { ERROR_FIELDS } from '../support/error-fields.ts'

/** How a statement without values is sent. */
export type Protocol = 'simple' | 'extended' | 'prepared'

/** A message of the server as pg has read it. */
type Message = { readonly name: string } & Record<string, unknown>

/** A step of a program: what was sent, and every message that came back, one line each. */
export type Step = { readonly client: string; readonly sent: string; readonly answers: readonly string[] }

type Connected = Client & {
  processID: number
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
  #heard: string[] = []
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

  get client(): Client {
    return this.#client
  }

  /** The status that the last ReadyForQuery has told. */
  get status(): string {
    return this.#status
  }

  async connect(): Promise<void> {
    await this.#client.connect()
    const clients = clientsOf.get(this.#steps) ?? new Map<string, Connected>()
    clientsOf.set(this.#steps, clients.set(this.#name, this.#client))
    this.#client.connection.on('message', (message) => {
      if (message.name === 'notification') return this.#notified(message)
      const line = lineOf(message)
      if (line !== undefined) this.#answers.push(line)
      if (message.name === 'readyForQuery') this.#status = String(message['status'])
    })
  }

  /** One more client in the midst of the program, which ends it. */
  async sibling(name: string, config: ClientConfig = {}): Promise<Recorder> {
    const { host, port, database, user, password } = this.#client
    const client = new Client({
      host,
      port,
      password: password ?? undefined,
      ...(database ? { database } : {}),
      ...(user ? { user } : {}),
      ...config,
    })
    if (isOutside(this.#client)) markOutside(client)
    const sibling = new Recorder(name, client, this.#steps, this.#protocol)
    await sibling.connect()
    return sibling
  }

  async end(): Promise<void> {
    await this.#client.end()
  }

  /** In the protocol that the program runs in; with values always in the extended one. */
  async run(text: string, ...values: unknown[]): Promise<void> {
    if (values.length > 0) return this.extended(text, ...values)
    if (this.#protocol === 'prepared') return this.prepared(nameFor(text), text)
    return this.#protocol === 'extended' ? this.extended(text) : this.simple(text)
  }

  async simple(text: string): Promise<void> {
    await this.#step(text, text)
  }

  async extended(text: string, ...values: unknown[]): Promise<void> {
    // Without values pg would send a simple Query message; pg 8.11 still does.
    await this.#step(`${text} ${JSON.stringify(values)}`, { text, values, queryMode: 'extended' })
  }

  /**
   * What other clients have notified this one of since the last time. An idle client is told at any moment, so it is
   * written down here alone; all that was committed before has come when an empty query is answered.
   */
  async hears(): Promise<void> {
    await this.step('hears', async (write) => {
      await this.#client.query('')
      for (const line of this.#heard.splice(0)) write(line)
    })
  }

  #notified({ channel, payload, processId }: Message): void {
    const senders = [...clientsOf.get(this.#steps)!].filter(([, client]) => client.processID === processId)
    const sender = senders.map(([name]) => name).join(' or ') || 'nobody'
    const line = `notification ${String(channel)} ${JSON.stringify(payload)} from ${sender}`
    const atAnyMoment = sender !== this.#name && this.#status === 'I'
    ;(atAnyMoment ? this.#heard : this.#answers).push(line)
  }

  async prepared(name: string, text: string, ...values: unknown[]): Promise<void> {
    await this.#step(`${name}: ${text} ${JSON.stringify(values)}`, { name: name.slice(0, 63), text, values })
  }

  /**
   * A step of another kind: `work` does it with `client`, and may write lines of its own down. With `open` it may
   * succeed while the server still works for the client, as between two pages of a cursor.
   */
  async step(
    sent: string,
    work: (write: (line: string) => void) => Promise<unknown>,
    { open = false }: { open?: boolean } = {},
  ): Promise<void> {
    this.#answers = []
    let outcome = 'resolved'
    try {
      await work((line) => this.#answers.push(line))
    } catch (error) {
      outcome = `rejected ${(error as { code?: string }).code ?? (error as Error).message}`
    }
    if (!open || outcome !== 'resolved') await this.idle()
    const status = this.#client.getTransactionStatus?.() ?? this.#status
    this.#steps.push({
      client: this.#name,
      sent,
      answers: [...shorten(this.#answers), `${outcome}, status ${status}`],
    })
  }

  /** What was seen otherwise. */
  note(sent: string, answers: readonly string[]): void {
    this.#steps.push({ client: this.#name, sent, answers })
  }

  async #step(sent: string, query: string | (QueryConfig & { queryMode?: 'extended' })): Promise<void> {
    await this.step(sent, () => this.#client.query(query as string))
  }

  /** Until ReadyForQuery: an error is told before it, and what a stream that was left had asked for already. */
  async idle(): Promise<void> {
    while (!this.#client.readyForQuery && !this.#ended) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The statement itself where it is short enough, so that the same one is prepared once. */
function nameFor(text: string): string {
  return Buffer.byteLength(text) > 63 ? createHash('md5').update(text).digest('hex') : text
}

/** The clients of a program by their names, to tell who sent a notification. */
const clientsOf = new WeakMap<Step[], Map<string, Connected>>()

/** Rows beyond the first and last ten are counted: a difference in many thousands could not be read. */
function shorten(answers: readonly string[]): string[] {
  return answers.length <= 40
    ? [...answers]
    : [...answers.slice(0, 20), `… ${answers.length - 40} more`, ...answers.slice(-20)]
}

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
        // The schema of temporary tables is another one for each connection.
        .map((field) => `${field}=${String(message[field]).replace(/pg_temp_\d+/, 'pg_temp')}`)
        .join(' | ')}`
    default:
      return message.name
  }
}

export type { ClientConfig }

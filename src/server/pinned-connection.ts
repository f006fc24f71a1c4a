/**
 * The real connection of a session: a conversation, and what the server has after it.
 *
 * It is the main file of server/, the room of one real connection, which knows no client and no test. From below: a Wire is
 * the socket, a Conversation runs one exchange after another over it (RunningExchange, with its Prefix, behind what was
 * SentAhead), this one remembers what the server has. IdleConnections make it and keep it between sessions, and a session
 * gets it through a LazyConnection. Without what it remembers, a client's prepared statement would be missing on the server,
 * or have a plan that fails.
 */
import { SYNC } from '../protocol/frontend.ts'
import { readParameterStatus } from '../protocol/backend.ts'
import type { Answer } from '../exchange/exchange.ts'
import { Conversation } from './conversation.ts'
import type { RunningExchange } from './running-exchange.ts'
import { type Schema, UNKNOWN_SCHEMA } from '../transaction/schema.ts'
import type { ServerConnection, Sink } from './server-connection.ts'
import { Wire } from './wire.ts'

export class PinnedConnection extends Conversation {
  readonly server: ServerConnection
  readonly pipelinesAreBlocks: boolean
  readonly syncsAtFlush = true
  /** Wire names of the prepared statements the server has; fresh until a rollback may have undone what they are over. */
  readonly known: Map<string, 'fresh' | 'stale'> = new Map()
  schema: Schema = UNKNOWN_SCHEMA
  /** Is there a pooler in between? Then two transactions may run in two sessions of the server, whose settings are not ours. */
  isPooled = false
  /** Values of parameters that have been reported and not delivered: what is delivered is the last of each. */
  readonly #parameters = new Map<string, Buffer>()

  constructor(server: ServerConnection) {
    super(new Wire(server))
    this.server = server
    this.pipelinesAreBlocks = Number.parseInt(server.parameters.get('server_version') ?? '', 10) >= 18
  }

  /** Why the connection is closed. */
  get closing(): Error {
    const { M: text = 'Connection terminated unexpectedly', C: code, V: severity } = this.farewell ?? {}
    return Object.assign(this.wire.reason ?? new Error(text), code === undefined ? {} : { code, severity })
  }

  /** After a rollback: tables may be other ones now, and a plan over what they were would fail. */
  distrustStatements(): void {
    for (const name of this.known.keys()) this.known.set(name, 'stale')
  }

  /** Passes rows of a COPY on. Returns false when the socket is behind; `drained` is called when it is no longer. */
  write(bytes: Buffer, drained: () => void): boolean {
    return this.wire.write(bytes, drained)
  }

  failCopy(waitsForSync: boolean): void {
    this.wire.failCopy()
    if (waitsForSync) this.wire.send([SYNC])
  }

  pause(): void {
    this.wire.pause()
  }

  resume(): void {
    this.wire.resume()
  }

  /** As they are when the client is told that it is ready: those that it does not know yet. */
  deliverParameters(client: Pick<Sink, 'parameterChanged'>, output: Pick<Sink, 'deliver'>): void {
    for (const [name, bytes] of this.#parameters)
      if (client.parameterChanged(name, readParameterStatus(bytes).value)) output.deliver(bytes)
    this.#parameters.clear()
  }

  protected override completed({ prepared, closed }: Answer): void {
    if (prepared) this.known.set(prepared, 'fresh')
    if (closed) this.known.delete(closed)
  }

  protected override reported(bytes: Buffer): void {
    this.#parameters.set(readParameterStatus(bytes).name, bytes)
  }

  protected override ended(running: RunningExchange): void {
    const { exchange, failure, retry, sink, hasClosedAll } = running
    const isTold = !retry && (!exchange.flush || failure !== undefined)
    if (isTold && this.#parameters.size > 0) this.deliverParameters(sink, running.output)
    if (!hasClosedAll) return
    const { prefix } = exchange.answers.at(-1)!.state.client.prepared
    for (const name of this.known.keys()) if (name.startsWith(prefix)) this.known.delete(name)
  }
}

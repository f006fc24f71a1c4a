/**
 * What one client takes for its server connection.
 *
 * The way into the room client/. The driver makes one for each client and hands over what the client writes, with the
 * level of its query. Inside the sandbox messages are cut into units, which sessions run (inside-phase); outside, bytes
 * pass to and from a real connection that the client has for itself (outside-phase). Without a virtual connection a client
 * would have to know in which scope it is, and whether a sandbox is open.
 */
import { type Names, newNames } from '../exchange/client-names.ts'
import { UnitCollector } from '../exchange/unit-collector.ts'
import type { Login } from '../login.ts'
import * as backend from '../protocol/backend.ts'
import { CLIENT_BULK, FrameReader } from '../protocol/frames.ts'
import type { Level } from '../sandbox/level.ts'
import { outsideTests } from '../sandbox/test-runs.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { Inbox } from '../session/notifications.ts'
import type { Requester, UnitRecord } from '../session/requester.ts'
import { type Analysis, analyze } from '../sql/analyze.ts'
import { type Belongings, newBelongings, withObjects } from '../transaction/belongings.ts'
import { NO_OBJECTS } from '../transaction/client-objects.ts'
import type { ClientSide, Output } from './client-side.ts'
import { InsidePhase } from './inside-phase.ts'
import { OutsidePhase } from './outside-phase.ts'

export class VirtualConnection implements Requester {
  /** What the driver says of the client. */
  readonly side: ClientSide
  readonly names: Names = newNames()
  readonly database: string
  readonly login: string
  readonly address: Login
  readonly startupParameters: ServerConnection['parameters']
  cutOff: Requester['cutOff']
  belongings: Belongings
  processId: number
  phase: Requester['phase'] = 'connected'
  /** Has the client last been used inside a sandbox? Then what its connection outside says is not for the client. */
  isInside = false
  /** Is the client behind with reading, so that a server has been told to wait? */
  isPaused = false
  readonly outside: OutsidePhase
  /** Notifications that wait for the end of the client's transaction. */
  readonly inbox: Inbox = new Inbox()
  record: UnitRecord | undefined
  readonly #output: Output
  readonly #inside: InsidePhase
  /** Parameter values that the client has been told. */
  readonly #parameters = new Map<string, string>()

  /** @param existing the real connection of a client that was connected before the sandbox began */
  constructor(side: ClientSide, output: Output, existing?: ServerConnection['socket']) {
    this.side = side
    this.#output = output
    this.database = side.database
    this.login = side.login
    this.address = side.address
    this.belongings = newBelongings(this.names.prefix, side.settings)
    this.startupParameters = side.parameters ?? new Map()
    this.processId = side.processId ?? 0
    const received = {
      reader: new FrameReader({ startup: existing === undefined, bulk: CLIENT_BULK }),
      units: new UnitCollector(),
    }
    this.outside = new OutsidePhase(this, received, existing)
    this.#inside = new InsidePhase(this, received, this.outside)
  }

  /**
   * Takes what the client has written. `done` is called when more may come.
   *
   * @param level the level in which the query was called; undefined outside the sandbox
   */
  receive(chunk: Buffer, level: Level | undefined, done: (error?: Error) => void): void {
    this.isInside = level !== undefined
    if (this.phase !== 'connected') return done()
    if (level === undefined) this.outside.receive(chunk, done)
    else this.#inside.receive(chunk, level, done)
  }

  /** Asks the server to cancel what it runs for this client. */
  cancel(): void {
    this.#inside.serving?.cancel()
  }

  /** The client reads again. */
  resume(): void {
    this.isPaused = false
    this.#inside.serving?.resume()
    this.outside.connection?.resume()
  }

  /** The client will send no more: its connection ends when all is answered. */
  finish(): void {
    if (this.phase === 'connected') this.phase = 'leaving'
    this.#inside.runNext()
  }

  /** The client is gone. */
  close(): void {
    if (this.phase === 'gone') return
    this.phase = 'gone'
    this.#inside.close()
    this.outside.connection?.end()
  }

  /** The sandbox is closed: what the client has not ended inside is over, and the client has been told to prepare its statements again. */
  leave(): void {
    if (!this.side.keepsStatements) this.names.statements.clear()
    this.names.portals.clear()
    this.#inside.leave()
    this.inbox.clear()
    this.isInside = false
    const { listening } = this.belongings.objects
    this.belongings = withObjects(this.belongings, { ...NO_OBJECTS, listening })
    this.outside.connection?.leave()
  }

  analyze(sql: string): Analysis {
    const isConforming = this.#parameters.get('standard_conforming_strings') !== 'off'
    return analyze(sql, { standardConformingStrings: isConforming, encoding: this.encoding })
  }

  get encoding(): string | undefined {
    return this.#parameters.get('client_encoding')
  }

  get keptWaiting(): readonly number[] {
    return this.#inside.keptWaiting
  }

  preparedBefore(name: string): string | undefined {
    return this.side.preparedBefore(name)
  }

  openServer(purpose: 'pinned' | 'own' = 'pinned', database?: string): Promise<ServerConnection> {
    return outsideTests(() => this.side.openServer(purpose, database))
  }

  deliver(bytes: Buffer): void {
    this.record?.delivered(bytes)
    if (this.phase === 'gone' || this.#output.deliver(bytes)) return
    this.isPaused = true
    // Nobody waits for a client that does not read.
    if (this.#inside.session?.isAwaited === false) this.#inside.serving?.pause()
    this.outside.connection?.pause()
  }

  parameterChanged(name: string, value: string): boolean {
    if (this.#parameters.get(name) === value) return false
    this.#parameters.set(name, value)
    return true
  }

  ready(status: backend.Status): void {
    if (status === 'I' && this.inbox.isFilled) this.#hear()
    this.deliver(backend.READY_FOR_QUERY[status])
  }

  notified(channel: string, message: Buffer): void {
    this.inbox.push(channel, message)
    if (this.#inside.idleStatus === 'I') this.#hear()
  }

  copyStarted(): void {
    this.#inside.writeRows()
  }

  disconnect(reason?: Error): void {
    if (this.phase === 'gone') return
    this.close()
    this.#output.end(reason)
  }

  #hear(): void {
    for (const message of this.inbox.take(this.belongings.objects.listening)) this.deliver(message)
  }
}

/**
 * A client while no level is open: what it writes goes to a real connection that it has for itself.
 *
 * The virtual connection hands over what comes outside the sandbox. Without this a pool would be of no use before start()
 * and after close().
 */
import type { UnitCollector } from '../exchange/unit-collector.ts'
import type { FrameReader } from '../protocol/frames.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { Requester } from '../session/requester.ts'
import { cutOffFrom, refuseUnit } from '../session/refused-unit.ts'
import { unitOf } from '../session/unit.ts'
import { greet } from './greeting.ts'
import { OutsideConnection } from './outside-connection.ts'

/** The client, as far as its life outside needs to know it. */
export interface PhaseClient extends Requester {
  processId: number
  readonly startupParameters: ServerConnection['parameters']
  readonly isInside: boolean
  disconnect(reason?: Error): void
}

/** What has come from the client, inside or outside. */
export interface Received {
  readonly reader: FrameReader
  readonly units: UnitCollector
}

export class OutsidePhase {
  readonly #client: PhaseClient
  readonly #received: Received
  /** The client's real connection; undefined as long as the client has not needed one. */
  connection: OutsideConnection | undefined

  /** @param existing the real connection of a client that was connected before the sandbox began */
  constructor(client: PhaseClient, received: Received, existing: ServerConnection['socket'] | undefined) {
    this.#client = client
    this.#received = received
    this.connection = existing && new OutsideConnection(client, existing)
  }

  /** Takes what the client has written. `done` is called when more may come. */
  receive(chunk: Buffer, done: (error?: Error) => void): void {
    const client = this.#client
    const { reader } = this.#received
    if (client.cutOff !== undefined) return this.#receiveCutOff(chunk, done)
    const connection = this.#connect()
    if (!reader.startup) return connection.write(chunk, done)
    reader.read(chunk)
    connection.open().then(
      (server) => greet(client, server),
      (error: Error) => client.disconnect(error),
    )
    done()
  }

  /** What goes on after the sandbox in a transaction that was rolled back with it must not be written for real. */
  #receiveCutOff(chunk: Buffer, done: (error?: Error) => void): void {
    const client = this.#client
    const { reader, units } = this.#received
    for (const frames of units.takeAll(reader.read(chunk))) {
      const unit = unitOf(client, frames, () => {})
      const cutOff = cutOffFrom(unit)
      if (cutOff !== undefined) refuseUnit(unit, cutOff.error)
      else this.#connect().write(Buffer.concat(frames.map(({ bytes }) => bytes)), () => {})
    }
    done()
  }

  #connect(): OutsideConnection {
    this.connection ??= new OutsideConnection(this.#client, undefined)
    return this.connection
  }
}

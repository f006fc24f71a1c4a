/**
 * A level's clone of a database, and the connections that clients have to it. It is made when it is first used. While
 * levels inside it are cloned from it, nobody is connected to it: it is frozen, and thaws when it is used again.
 */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import { CloneConnection } from './clone-connection.ts'
import type { CloneSupplies } from './clone-supplies.ts'
import type { Clone, CloneSupply, Release } from './clone-supply.ts'
import type { SandboxOptions } from '../options.ts'
import { settleAll } from '../settle-all.ts'
import type { Requester } from '../session/requester.ts'
import type { Unit } from '../session/unit.ts'
import { within } from '../clock/clock.ts'

interface Surroundings {
  readonly supplies: CloneSupplies
  readonly options: Pick<SandboxOptions, 'rollbackTimeout' | 'keep'>
  /** Clients that listen for notifications: they are connected before anybody may send one. */
  readonly listeners: () => readonly Requester[]
}

/** Of its level among the others. */
interface Place {
  /** The private database of an outer level, which is cloned in place of the one that the client names. */
  readonly outer: PrivateDatabase | undefined
  /** Will those of tests be cloned from it? */
  readonly isAroundTests: boolean
}

interface End extends Release {
  /** Answers what still runs. */
  readonly giveUp?: ((unit: Unit) => Fields) | undefined
}

/** The connection that a client has used last: what it has made in its session is there. */
const latest = new WeakMap<Requester, CloneConnection>()

export class PrivateDatabase {
  readonly #surroundings: Surroundings
  readonly #outer: PrivateDatabase | undefined
  readonly #isAroundTests: boolean
  /** The client with whose login it was made. */
  #maker: Requester | undefined
  #supply: CloneSupply | undefined
  #clone: Promise<Clone> | undefined
  readonly #opening = new Map<Requester, Promise<CloneConnection>>()
  /** Those that are open, and not being closed. */
  readonly #open = new Map<Requester, CloneConnection>()
  #heirs: CloneSupply | undefined
  #freezing: Promise<void> | undefined
  #hasEnded = false

  constructor(surroundings: Surroundings, { outer, isAroundTests }: Place) {
    this.#surroundings = surroundings
    this.#isAroundTests = isAroundTests
    this.#outer = outer
  }

  /** Calls `work` with the client's connection, at a moment when that is open and stays so while something runs. */
  async use(client: Requester, work: (connection: CloneConnection) => void): Promise<void> {
    const connection = await this.connection(client)
    if (this.#open.get(client) === connection) return work(connection)
    await this.use(client, work)
  }

  /** The client's connection, opened when it is first asked for. */
  async connection(client: Requester): Promise<CloneConnection> {
    await this.#freezing
    this.#checkOpen()
    const known = this.#opening.get(client)
    if (known !== undefined) return known
    const isFirst = this.#opening.size === 0
    if (isFirst) this.#thaw()
    const opening = this.#connect(client)
    this.#opening.set(client, opening)
    opening.catch(() => this.#opening.delete(client))
    const listeners = isFirst ? this.#surroundings.listeners() : []
    await Promise.allSettled(listeners.map((listener) => this.connection(listener)))
    return opening
  }

  /** Clones of it for the levels inside. */
  async heirs(client: Requester): Promise<CloneSupply> {
    this.#checkOpen()
    const { name } = await this.#cloned(client)
    this.#freezing ??= this.#closeAll().finally(() => (this.#freezing = undefined))
    await this.#freezing
    this.#heirs ??= this.#surroundings.supplies.from(this.#maker!, name)
    return this.#heirs
  }

  /** The client is gone. */
  leave(client: Requester): void {
    void this.#open.get(client)?.close()
    this.#open.delete(client)
    this.#opening.delete(client)
  }

  /** Its level has ended: the connections are closed, and the clone is given back. */
  async end({ giveUp, ...release }: End): Promise<void> {
    this.#hasEnded = true
    try {
      await this.#closeAll(giveUp)
    } finally {
      this.#surroundings.supplies.inBackground(this.#giveBack(release))
    }
  }

  async #giveBack(release: Release): Promise<void> {
    const clone = await this.#clone?.catch(() => undefined)
    await this.#heirs?.retire()
    if (clone !== undefined) this.#supply!.release(clone, release)
  }

  /** What comes after the end would be given back by nobody. */
  #checkOpen(): void {
    if (this.#hasEnded) throw errors.lateQuery('connect')
  }

  /** A client that may not make it, or not even log in, leaves it to the next to try. */
  #cloned(client: Requester): Promise<Clone> {
    if (this.#clone !== undefined) return this.#clone
    const making = this.#take(client)
    this.#clone = making
    this.#maker = client
    making.catch(() => {
      if (this.#clone === making) this.#clone = undefined
    })
    return making
  }

  async #take(client: Requester): Promise<Clone> {
    const { supplies } = this.#surroundings
    this.#supply =
      this.#outer === undefined
        ? supplies.named(client, this.#isAroundTests)
        : await this.#outer.heirs(client)
    return this.#supply.take()
  }

  /** What is written now is not in the clones that were made ahead. */
  #thaw(): void {
    if (this.#heirs === undefined) return
    this.#surroundings.supplies.inBackground(this.#heirs.retire())
    this.#heirs = undefined
  }

  async #connect(client: Requester): Promise<CloneConnection> {
    const { name } = await this.#cloned(client)
    const last = latest.get(client)
    if (last?.status === 'I' && !last.isRunning) await last.carryOver()
    const connection = await CloneConnection.open(client, name)
    // Nobody waits for it any more.
    if (this.#hasEnded || client.phase === 'gone' || !this.#opening.has(client)) {
      void connection.close()
      throw errors.lateQuery('connect')
    }
    latest.set(client, connection)
    this.#open.set(client, connection)
    return connection
  }

  async #closeAll(giveUp?: End['giveUp']): Promise<void> {
    const open = [...this.#opening]
    this.#opening.clear()
    this.#open.clear()
    await settleAll(open.map(([client, opening]) => this.#close(client, opening, giveUp)))
  }

  async #close(client: Requester, opening: Promise<CloneConnection>, giveUp: End['giveUp']): Promise<void> {
    const { rollbackTimeout } = this.#surroundings.options
    const late = (): Error => errors.lateQuery('connect')
    const connection = await within(2 * rollbackTimeout, opening, late).catch(() => undefined)
    if (connection === undefined) return
    this.#open.delete(client)
    // A transaction that nobody was using is only forgotten; one with a query under way will go on, and must not.
    const goesOn = connection.isRunning
    if (giveUp !== undefined) connection.giveUp(giveUp)
    await connection.settle(rollbackTimeout)
    if (goesOn && connection.status !== 'I') client.cutOff ??= { error: errors.transactionEnded, status: 'E' }
    if (latest.get(client) === connection) await connection.carryOver()
    await connection.close()
  }
}

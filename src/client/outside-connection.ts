/** The real connection that a client has for itself outside the sandbox: kept from before, or opened when first needed. */
import { BACKEND } from '../protocol/backend.ts'
import { SYNC, TERMINATE } from '../protocol/frontend.ts'
import { bringSession } from '../session/bring-session.ts'
import { ask } from '../server/conversation.ts'
import { askWhatIsCarried, readWhatIsCarried } from '../session/carry-over.ts'
import { messagesExchange } from '../exchange/exchange.ts'
import { NO_OBJECTS } from '../transaction/client-objects.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { Wire, type WireListener } from '../server/wire.ts'
import type { Requester } from '../session/requester.ts'

type Socket = ServerConnection['socket']
/** The client of the connection, as far as the connection needs to know it. */
interface Client extends Pick<
  Requester,
  'belongings' | 'names' | 'openServer' | 'deliver' | 'disconnect' | 'parameterChanged'
> {
  /** Is the client inside a sandbox now? */
  readonly isInside: boolean
}

export class OutsideConnection implements WireListener {
  readonly #client: Client
  #wire: Wire | undefined
  #opening: Promise<ServerConnection> | undefined
  #ended = false
  #entering: Promise<boolean> | undefined
  /** Does nobody but us see when it is closed? Under encryption there is a second socket, which its client watches. */
  #isReplaceable = true
  /** Was the client connected here before it came into the sandbox, and its settings not asked for yet? */
  #isNew: boolean

  constructor(client: Client, existing: Socket | undefined) {
    this.#client = client
    this.#isNew = existing !== undefined
    if (existing === undefined) return
    this.#isReplaceable = !('encrypted' in existing)
    this.#use(new Wire({ socket: existing }))
  }

  get isOpen(): boolean {
    return this.#wire !== undefined
  }

  /** Passes bytes on; the connection is opened first where there is none. */
  write(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.#wire !== undefined) return pass(this.#wire, chunk, done)
    // Nobody opens a connection to say goodbye.
    if (this.#opening === undefined && chunk.equals(TERMINATE)) return done()
    this.open().then(
      () => pass(this.#wire!, chunk, done),
      (error: Error) => {
        this.#client.disconnect(error)
        done()
      },
    )
  }

  open(): Promise<ServerConnection> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  resume(): void {
    this.#wire?.resume()
  }

  pause(): void {
    this.#wire?.pause()
  }

  ref(): void {
    this.#wire?.ref()
  }

  unref(): void {
    this.#wire?.unref()
  }

  /** The sandbox is closed: by the next one the client may have made other settings here. */
  leave(): void {
    this.#isNew = this.#wire !== undefined
  }

  end(): void {
    this.#ended = true
    this.#wire?.leave()
  }

  /**
   * The client comes into the sandbox: what it has made here is to be in force inside, and where tests have databases of
   * their own, nobody may be connected to the one that they are cloned from. Resolves to false while a transaction is open
   * here; undefined when there is nothing to do.
   */
  enter(givesWay: boolean): Promise<boolean> | undefined {
    const isToClose = givesWay && this.#wire !== undefined && this.#isReplaceable
    if (!this.#isNew && !isToClose) return undefined
    this.#entering ??= this.#enter(isToClose).finally(() => (this.#entering = undefined))
    return this.#entering
  }

  async #enter(isToClose: boolean): Promise<boolean> {
    if (this.#isNew && !(await this.#adopt())) return false
    if (isToClose) await this.#close()
    return true
  }

  async #adopt(): Promise<boolean> {
    const chunks: Buffer[] = []
    const status = await ask(this.#wire!, [askWhatIsCarried()], (bytes) => chunks.push(bytes))
    if (status === undefined) throw new Error('Connection terminated unexpectedly')
    if (status !== 'I') return false
    this.#isNew = false
    const { settings, listening, parameters } = readWhatIsCarried(Buffer.concat(chunks))
    const client = this.#client
    // What the client has asked for when it connected, and what it has set since.
    const inForce = new Map([...client.belongings.startup, ...settings])
    client.belongings = { ...client.belongings, settings: inForce, objects: { ...NO_OBJECTS, listening } }
    for (const [name, value] of parameters) client.parameterChanged(name, value)
    return true
  }

  /** Closes it, unseen by the client; its next use outside opens another. */
  async #close(): Promise<void> {
    const wire = this.#wire
    if (wire === undefined) return
    this.#wire = undefined
    this.#opening = undefined
    wire.listener = undefined
    await wire.end()
  }

  async #open(): Promise<ServerConnection> {
    const server = await this.#client.openServer('own')
    const wire = new Wire(server)
    await bringSession(wire, this.#client)
    // One that cannot be parsed fails when it is used.
    for (const parse of this.#client.names.preparing) await ask(wire, messagesExchange([parse, SYNC]))
    this.#isReplaceable = true
    this.#use(wire)
    this.#isNew = !this.#client.isInside
    if (this.#ended) this.end()
    return server
  }

  #use(wire: Wire): void {
    this.#wire = wire
    wire.listener = this
  }

  lost(reason: Error | undefined): void {
    this.#client.disconnect(reason)
  }

  /** What the server says meanwhile, such as why it closes the connection, is not the answer to anything inside. */
  receive(chunk: Buffer): void {
    if (!this.#client.isInside || chunk[0] === BACKEND.notification) this.#client.deliver(chunk)
  }
}

function pass(wire: Wire, chunk: Buffer, done: () => void): void {
  if (wire.write(chunk, done)) done()
}

/** The real connection that a client has for itself outside the sandbox: kept from before, or opened when first needed. */
import type { Duplex } from 'node:stream'
import { BACKEND } from '../protocol/backend.ts'
import { SYNC, TERMINATE } from '../protocol/frontend.ts'
import { ask, closed } from '../server/ask.ts'
import { askWhatIsCarried, bringBack, readWhatIsCarried } from '../server/carry-over.ts'
import { messagesOfOwn } from '../exchange/exchange.ts'
import { NO_OBJECTS } from '../transaction/client-objects.ts'
import type { ServerConnection } from '../server/server-connection.ts'
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

export class OutsideConnection {
  readonly #client: Client
  #socket: Socket | undefined
  #opening: Promise<ServerConnection> | undefined
  #ended = false
  #reason: Error | undefined
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
    this.#use(existing)
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  /** Passes bytes on; the connection is opened first where there is none. */
  write(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.#socket !== undefined) return pass(this.#socket, chunk, done)
    // Nobody opens a connection to say goodbye.
    if (this.#opening === undefined && chunk.equals(TERMINATE)) return done()
    this.open().then(
      () => pass(this.#socket!, chunk, done),
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
    this.#socket?.resume()
  }

  pause(): void {
    this.#socket?.pause()
  }

  ref(): void {
    this.#socket?.ref?.()
  }

  unref(): void {
    this.#socket?.unref?.()
  }

  /** The sandbox is closed: by the next one the client may have made other settings here. */
  leave(): void {
    this.#isNew = this.#socket !== undefined
  }

  end(): void {
    this.#ended = true
    if (this.#socket?.writable) this.#socket.end(TERMINATE)
    else this.#socket?.destroy()
  }

  /**
   * The client comes into the sandbox: what it has made here is to be in force inside, and where tests have databases of
   * their own, nobody may be connected to the one that they are cloned from. Resolves to false while a transaction is open
   * here; undefined when there is nothing to do.
   */
  enter(givesWay: boolean): Promise<boolean> | undefined {
    const isToClose = givesWay && this.#socket !== undefined && this.#isReplaceable
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
    const socket = this.#socket!
    socket.off('data', this.#onData)
    const chunks: Buffer[] = []
    const status = await ask(socket, [askWhatIsCarried()], (bytes) => chunks.push(bytes))
    socket.on('data', this.#onData)
    if (status === undefined) throw new Error('Connection terminated unexpectedly')
    if (status !== 'I') return false
    this.#isNew = false
    const { settings, listening, parameters } = readWhatIsCarried(Buffer.concat(chunks))
    const client = this.#client
    client.belongings = { ...client.belongings, settings, objects: { ...NO_OBJECTS, listening } }
    for (const [name, value] of parameters) client.parameterChanged(name, value)
    return true
  }

  /** Closes it, unseen by the client; its next use outside opens another. */
  async #close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    this.#opening = undefined
    socket.off('data', this.#onData).off('close', this.#onClose)
    await closed(socket)
  }

  async #open(): Promise<ServerConnection> {
    const server = await this.#client.openServer('own')
    const { belongings, names } = this.#client
    const { objects, settings, startup } = belongings
    const carried = { settings, listening: objects.listening }
    const made = [...bringBack(carried, startup), ...names.prepares]
    if (made.length > 0) await ask(server.socket, made)
    // One that cannot be parsed fails when it is used.
    for (const parse of names.preparing) await ask(server.socket, messagesOfOwn([parse, SYNC]))
    this.#isReplaceable = true
    this.#use(server.socket)
    this.#isNew = !this.#client.isInside
    if (this.#ended) this.end()
    return server
  }

  #use(socket: Socket): void {
    this.#socket = socket
    socket.on('data', this.#onData).on('error', this.#onError).on('close', this.#onClose)
  }

  readonly #onError = (error: Error): void => {
    this.#reason = error
  }

  readonly #onClose = (): void => this.#client.disconnect(this.#reason)

  /** What the server says meanwhile, such as why it closes the connection, is not the answer to anything inside. */
  readonly #onData = (chunk: Buffer): void => {
    if (!this.#client.isInside || chunk[0] === BACKEND.notification) this.#client.deliver(chunk)
  }
}

function pass(socket: Duplex, chunk: Buffer, done: () => void): void {
  if (socket.write(chunk)) done()
  else socket.once('drain', done)
}

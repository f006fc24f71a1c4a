/** The real connection that a client has for itself outside the sandbox: kept from before, or opened when first needed. */
import type { Duplex } from 'node:stream'
import { BACKEND } from '../protocol/backend.ts'
import { SYNC, TERMINATE } from '../protocol/frontend.ts'
import { ask } from './ask.ts'
import { askWhatIsCarried, bringBack, type CarriedOver, readWhatIsCarried } from './carried-over.ts'
import { messagesOfOwn } from './exchange.ts'
import type { ServerConnection } from './server-connection.ts'
import type { VirtualConnection } from './virtual-connection.ts'

type Socket = ServerConnection['socket']
type Client = Pick<
  VirtualConnection,
  'settings' | 'holdings' | 'isInside' | 'startupSettings' | 'names' | 'openServer' | 'deliver' | 'disconnect'
>

export class OwnConnection {
  readonly #client: Client
  #socket: Socket | undefined
  #opening: Promise<ServerConnection> | undefined
  #ended = false
  /** Was the client connected here before it came into the sandbox, and its settings not asked for yet? */
  isNew: boolean

  constructor(client: Client, existing: Socket | undefined) {
    this.#client = client
    this.isNew = existing !== undefined
    if (existing !== undefined) this.#use(existing)
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
    this.isNew = this.#socket !== undefined
  }

  end(): void {
    this.#ended = true
    if (this.#socket?.writable) this.#socket.end(TERMINATE)
    else this.#socket?.destroy()
  }

  /**
   * The settings and channels that the client has on its connection from before the sandbox, to be in force inside it.
   * Undefined while a transaction is open there.
   */
  async adopt(): Promise<CarriedOver | undefined> {
    const socket = this.#socket!
    socket.off('data', this.#onData)
    const chunks: Buffer[] = []
    const status = await ask(socket, [askWhatIsCarried()], (bytes) => chunks.push(bytes))
    socket.on('data', this.#onData)
    if (status === undefined) throw new Error('Connection terminated unexpectedly')
    if (status !== 'I') return undefined
    this.isNew = false
    return readWhatIsCarried(Buffer.concat(chunks))
  }

  async #open(): Promise<ServerConnection> {
    const server = await this.#client.openServer('own')
    const { holdings, names, settings, startupSettings } = this.#client
    const carried = { settings, listening: holdings.listening }
    const made = [...bringBack(carried, startupSettings), ...names.prepares]
    if (made.length > 0) await ask(server.socket, made)
    // One that cannot be parsed fails when it is used.
    for (const parse of names.preparing) await ask(server.socket, messagesOfOwn([parse, SYNC]))
    this.#use(server.socket)
    this.isNew = !this.#client.isInside
    if (this.#ended) this.end()
    return server
  }

  #use(socket: Socket): void {
    this.#socket = socket
    let reason: Error | undefined
    socket.on('data', this.#onData)
    socket.on('error', (error) => (reason = error))
    socket.on('close', () => this.#client.disconnect(reason))
  }

  /** What the server says meanwhile, such as why it closes the connection, is not the answer to anything inside. */
  readonly #onData = (chunk: Buffer): void => {
    if (!this.#client.isInside || chunk[0] === BACKEND.notification) this.#client.deliver(chunk)
  }
}

function pass(socket: Duplex, chunk: Buffer, done: () => void): void {
  if (socket.write(chunk)) done()
  else socket.once('drain', done)
}

/** The real connection that a client has for itself outside the sandbox: kept from before, or opened when first needed. */
import type { Duplex } from 'node:stream'
import type { Status } from '../protocol/backend.ts'
import { TERMINATE } from '../protocol/frontend.ts'
import { PinnedConnection } from './pinned-connection.ts'
import type { ServerConnection } from './server-connection.ts'
import { readRows } from '../protocol/rows.ts'
import { type Settings, settingStatement, switchSettings } from './settings.ts'
import type { VirtualConnection } from './virtual-connection.ts'

type Socket = ServerConnection['socket']
type Client = Pick<
  VirtualConnection,
  'settings' | 'startupSettings' | 'openServer' | 'deliver' | 'disconnect'
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
   * The session settings that the client has made on its connection before the sandbox, to be in force inside it.
   * Undefined while a transaction is open there.
   */
  async adopt(): Promise<Settings | undefined> {
    const socket = this.#socket!
    socket.off('data', this.#onData)
    const chunks: Buffer[] = []
    const status = await ask(socket, [SESSION_SETTINGS], (bytes) => chunks.push(bytes))
    socket.on('data', this.#onData)
    if (status !== 'I') return undefined
    this.isNew = false
    return new Map(
      readRows(Buffer.concat(chunks)).map(([name, value]) => [name!, settingStatement(name!, value ?? '')]),
    )
  }

  async #open(): Promise<ServerConnection> {
    const server = await this.#client.openServer('own')
    const settings = switchSettings(this.#client.startupSettings, this.#client.settings)
    if (settings.length > 0) await ask(server.socket, settings)
    this.#use(server.socket)
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

  readonly #onData = (chunk: Buffer): void => this.#client.deliver(chunk)
}

const SESSION_SETTINGS =
  "SELECT name, setting FROM pg_settings WHERE source = 'session' " +
  "UNION ALL SELECT 'role', current_setting('role') WHERE current_setting('role') <> 'none'"

/** Runs statements of our own on a connection that carries no sandbox. Resolves to its transaction status. */
async function ask(
  socket: Socket,
  sql: readonly string[],
  deliver?: (bytes: Buffer) => void,
): Promise<Status | undefined> {
  const asked = new PinnedConnection({ ...NOT_PINNED, socket })
  const answer = await asked.runOwn(sql, deliver)
  asked.release()
  return answer?.status
}

const NOT_PINNED = {
  processId: 0,
  secretKey: 0,
  parameters: new Map<string, string>(),
  cancel: () => Promise.resolve(),
}

function pass(socket: Duplex, chunk: Buffer, done: () => void): void {
  if (socket.write(chunk)) done()
  else socket.once('drain', done)
}

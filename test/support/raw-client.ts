import net from 'node:net'
import { lineOf } from '../compliance/wire-messages.ts'
import { Scram } from './scram.ts'
import { until } from './until.ts'

/**
 * A client that speaks the protocol by hand, as any driver may: what it writes is what the server, or the sandbox in its
 * place, reads. One that connects after `start()` is taken into the sandbox.
 */
export class RawClient {
  readonly socket: net.Socket
  /** What came back, a line for each message. */
  readonly heard: string[] = []
  /** Every byte that came back. */
  bytes: Buffer = Buffer.alloc(0)
  isClosed = false
  #rest: Buffer = Buffer.alloc(0)
  #password = ''
  #scram: Scram | undefined

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => {}).on('close', () => (this.isClosed = true))
  }

  /** Connects a socket to the server of the URL, and writes nothing. */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url)
    const socket = net.connect(Number(port), hostname)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawClient(socket)
  }

  /** Connects and logs in, as the user of the URL. */
  static async logIn(url: string, parameters: Record<string, string> = {}): Promise<RawClient> {
    const { username, password, pathname } = new URL(url)
    const client = await RawClient.connect(url)
    client.#password = decodeURIComponent(password)
    const given = { user: username, database: pathname.slice(1), ...parameters }
    client.socket.write(startup(Object.entries(given).flat()))
    await client.ready()
    client.heard.length = 0
    return client
  }

  write(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages))
  }

  /** Waits for so many ReadyForQuery, counted from the last time that `heard` was emptied, or for the end. */
  async ready(count = 1, limit = 5000): Promise<void> {
    await until(
      () => this.isClosed || this.heard.filter((line) => line.startsWith('ReadyForQuery')).length >= count,
      limit,
    )
  }

  /** Sends a Query message and gives what came back. */
  async query(sql: string): Promise<string[]> {
    this.heard.length = 0
    this.write(message('Q', `${sql}\0`))
    await this.ready()
    return this.heard.splice(0)
  }

  end(): void {
    this.socket.destroy()
  }

  /** Source: https://www.postgresql.org/docs/current/protocol-message-formats.html, Authentication… */
  #authenticate(request: number, data: string): void {
    if (request === CLEARTEXT) this.write(message('p', `${this.#password}\0`))
    else if (request === SASL) {
      this.#scram = new Scram(this.#password)
      this.write(message('p', this.#scram.first()))
    } else if (request === SASL_CONTINUE) this.write(message('p', this.#scram!.final(data)))
  }

  #read(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk])
    let rest = Buffer.concat([this.#rest, chunk])
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const end = 1 + rest.readUInt32BE(1)
      const type = rest.toString('latin1', 0, 1)
      if (type === 'R') this.#authenticate(rest.readInt32BE(5), rest.toString('utf8', 9, end))
      if (!'RK'.includes(type)) this.heard.push(lineOf(rest.subarray(0, end)))
      rest = rest.subarray(end)
    }
    this.#rest = rest
  }
}

const CLEARTEXT = 3
const SASL = 10
const SASL_CONTINUE = 11

/** A message with this body; `length` says another than the right one. */
export function message(type: string, body: string | Buffer = '', length?: number): Buffer {
  const content = Buffer.from(body as string, 'latin1')
  const header = Buffer.from([type.charCodeAt(0), 0, 0, 0, 0])
  header.writeInt32BE(length ?? content.length + 4, 1)
  return Buffer.concat([header, content])
}

function startup(pairs: readonly string[]): Buffer {
  const body = Buffer.from(`${pairs.join('\0')}\0\0`)
  const header = Buffer.alloc(8)
  header.writeInt32BE(body.length + 8, 0)
  header.writeInt32BE(196_608, 4)
  return Buffer.concat([header, body])
}

import net from 'node:net'
import { markReal } from '../../src/driver/marks.ts'
import { BACKEND } from '../../src/protocol/backend.ts'
import { FrameReader } from '../../src/protocol/frames.ts'
import { FRONTEND } from '../../src/protocol/frontend.ts'

/**
 * A proxy that withholds what the server answers: how often it must be let through until work has settled is how many
 * round trips the work has waited for. What nobody waits for is not counted. No clock is needed.
 */
export class RoundTrips {
  readonly port: number
  readonly #server: net.Server
  readonly #connections = new Set<Connection>()
  #isCounting = false

  private constructor(server: net.Server, connections: Set<Connection>) {
    this.#server = server
    this.#connections = connections
    this.port = (server.address() as net.AddressInfo).port
  }

  static async start(target: number): Promise<RoundTrips> {
    const connections = new Set<Connection>()
    const isCounting = (): boolean => trips.#isCounting
    const server = net.createServer((socket) => connections.add(new Connection(socket, target, isCounting)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const trips = new RoundTrips(server, connections)
    return trips
  }

  /** How many round trips `work` waits for. */
  async count(work: () => Promise<unknown>): Promise<number> {
    this.#isCounting = true
    const progress = { isSettled: false }
    const working = work().finally(() => (progress.isSettled = true))
    let trips = 0
    try {
      for (await quiet(); !progress.isSettled; await quiet()) {
        if (![...this.#connections].some(({ isAnswered }) => isAnswered)) continue
        trips += 1
        for (const connection of this.#connections) connection.letThrough()
      }
      await working
    } finally {
      this.#isCounting = false
      for (const connection of this.#connections) connection.letThrough()
    }
    return trips
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Calls `work` with such a proxy in front of the server, and with the URL that leads through it. */
export async function withRoundTrips(
  url: string,
  work: (trips: RoundTrips, url: string) => Promise<void>,
): Promise<void> {
  const through = new URL(url)
  const trips = await RoundTrips.start(Number(through.port))
  through.port = String(trips.port)
  try {
    await work(trips, through.href)
  } finally {
    await trips.close()
  }
}

/** What can go on without an answer has done so. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** What a client sends when the server asks for its password. */
const PASSWORD = 0x70
/** Messages of a client after which the server says that it is ready, or asks for more of the password. */
const ASKING: ReadonlySet<number> = new Set([0, FRONTEND.query, FRONTEND.sync, PASSWORD])
/** Kinds of authentication for which the server waits: in clear, MD5, SASL and its continuation. */
const ASKED_FOR: ReadonlySet<number> = new Set([3, 5, 10, 11])

/** Does the server wait for the client after this message? */
function endsAnswer({ type, bytes }: { readonly type: number; readonly bytes: Buffer }): boolean {
  return (
    type === BACKEND.readyForQuery || (type === BACKEND.authentication && ASKED_FOR.has(bytes.readInt32BE(5)))
  )
}

class Connection {
  readonly #client: net.Socket
  readonly #onward: net.Socket
  readonly #asked = new FrameReader({ startup: true })
  readonly #answered = new FrameReader()
  /** How often the server has still to say that it is ready. */
  #due = 0
  #withheld: Buffer[] = []

  constructor(client: net.Socket, target: number, isCounting: () => boolean) {
    this.#client = client
    this.#onward = markReal(new net.Socket()).connect(target, '127.0.0.1')
    this.#onward.on('data', (bytes) => {
      this.#due -= this.#answered.read(bytes).filter(endsAnswer).length
      this.#withheld.push(bytes)
      if (!isCounting()) this.letThrough()
    })
    client.on('data', (bytes) => {
      this.#due += this.#asked.read(bytes).filter(({ type }) => ASKING.has(type)).length
      this.#onward.write(bytes)
    })
    client.on('error', () => {}).on('close', () => this.#onward.destroy())
    this.#onward.on('error', () => {}).on('close', () => client.destroy())
  }

  get isAnswered(): boolean {
    return this.#withheld.length > 0 && this.#due === 0
  }

  letThrough(): void {
    for (const bytes of this.#withheld.splice(0)) this.#client.write(bytes)
  }

  destroy(): void {
    this.#client.destroy()
    this.#onward.destroy()
  }
}

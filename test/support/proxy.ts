import net from 'node:net'
import { markReal } from '../../src/driver/marks.ts'
import { Pool } from 'pg'

export type Disturbance = {
  delay?: number
  change?: (text: string) => string
  before?: (text: string, connection: net.Socket) => unknown
}

export type Proxy = {
  readonly port: number
  /** How many connections through it are open. */
  open(): number
  /** Nothing that is sent on the connections of now arrives any more, neither here nor there, nor does their end. */
  hush(): void
  close(): Promise<void>
}

/**
 * A TCP proxy in front of the server at `target`, to see and to disturb what goes over the network.
 *
 * @param delay milliseconds before a connection is passed on
 * @param change makes what is sent to the server another text of the same length
 * @param before is waited for before what is sent to the server is passed on; it may end the connection
 *
 * @example
 * const proxy = await startProxy(5432, { delay: 400 })
 */
export async function startProxy(
  target: number,
  { delay = 0, change = (text) => text, before }: Disturbance = {},
): Promise<Proxy> {
  const sockets = new Map<net.Socket, net.Socket>()
  const server = net.createServer((socket) => {
    // To the sandbox, the proxy is the network.
    const onward = markReal(new net.Socket()).connect(target, '127.0.0.1')
    sockets.set(socket, onward)
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket)
        onward.destroy()
      })
    onward.on('error', () => {}).on('close', () => socket.destroy())
    let passed = Promise.resolve()
    const send = async (text: string): Promise<void> => {
      await before?.(text, socket)
      onward.write(Buffer.from(change(text), 'latin1'))
    }
    const pass = (): void => {
      onward.pipe(socket)
      socket.on('data', (chunk) => {
        passed = passed.then(() => send(chunk.toString('latin1'))).catch(() => void socket.destroy())
      })
    }
    if (delay > 0) setTimeout(pass, delay)
    else pass()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    open: () => sockets.size,
    hush: () => {
      for (const [socket, onward] of sockets) {
        onward.unpipe().pause()
        socket.removeAllListeners('data').pause()
      }
    },
    close: async () => {
      for (const socket of sockets.keys()) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Lends `work` a pool of the database at `url` whose connections go through a proxy, and ends both.
 *
 * @example
 * await withProxiedPool(database.url(), {}, async ({ pool, proxy }) => { … proxy.hush() … })
 */
export async function withProxiedPool<Result>(
  url: string,
  disturbance: Disturbance,
  work: (proxied: { pool: Pool; proxy: Proxy; url: string }) => Promise<Result>,
): Promise<Result> {
  const changed = new URL(url)
  const proxy = await startProxy(Number(changed.port), disturbance)
  changed.port = String(proxy.port)
  const pool = new Pool({ connectionString: changed.href })
  pool.on('error', () => {})
  try {
    return await work({ pool, proxy, url: changed.href })
  } finally {
    await proxy.close()
    await pool.end()
  }
}

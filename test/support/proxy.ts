import net from 'node:net'

export type Proxy = {
  readonly port: number
  /** How many connections through it are open. */
  open(): number
  close(): Promise<void>
}

/**
 * A TCP proxy in front of the server at `target`, to see and to disturb what goes over the network.
 *
 * @param delay milliseconds before a connection is passed on
 * @param change makes what is sent to the server another text of the same length
 *
 * @example
 * const proxy = await startProxy(5432, { delay: 400 })
 */
export async function startProxy(
  target: number,
  { delay = 0, change }: { delay?: number; change?: (text: string) => string } = {},
): Promise<Proxy> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    const onward = net.connect(target, '127.0.0.1')
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket)
        onward.destroy()
      })
    onward.on('error', () => {}).on('close', () => socket.destroy())
    const pass = (): void => {
      onward.pipe(socket)
      if (change === undefined) socket.pipe(onward)
      else socket.on('data', (chunk) => onward.write(Buffer.from(change(chunk.toString('latin1')), 'latin1')))
    }
    if (delay > 0) setTimeout(pass, delay)
    else pass()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

'use strict'

// A proxy in a process of its own: each message, in either direction, arrives so many milliseconds later.
// node delay-process.cjs <port of the server> <milliseconds>; writes its own port, and ends when its input closes.

const net = require('node:net')

const [target, milliseconds] = process.argv.slice(2).map(Number)

/**
 * Timers of the same delay run in the order in which they were set.
 *
 * @param {net.Socket} from
 * @param {net.Socket} to
 */
function delay(from, to) {
  from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), milliseconds))
  from.on('end', () => setTimeout(() => to.end(), milliseconds))
  from.on('error', () => to.destroy())
}

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const onward = net.connect({ port: target ?? 0, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  delay(client, onward)
  delay(onward, client)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`)
})
process.stdin.resume().on('close', () => process.exit())

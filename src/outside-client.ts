/** Clients of `pg` that are never in the sandbox: what the package itself does on a server, beside the tests. */

/** On such clients, whichever copy of this package has made them. */
const OUTSIDE = Symbol.for('pg-sandbox.outside')

/** On sockets that lead to the server itself. The driver sets it as well (driver/marks.ts), and reads it. */
export const REAL: unique symbol = Symbol.for('pg-sandbox.real')

interface OutsideClient {
  readonly connection: {
    readonly stream: object
    once(event: 'sslconnect', listener: () => void): unknown
  }
}

/**
 * Marks a client before it connects. Its sockets are marked as well, the one of encryption, too: while no level is open,
 * `pg` is not patched, and a connection made then would be refused once there is one.
 */
export function markOutside<Client extends OutsideClient>(client: Client): Client {
  const { connection } = client
  const markSocket = (): void => {
    Object.defineProperty(connection.stream, REAL, { value: true, configurable: true })
  }
  Object.defineProperty(client, OUTSIDE, { value: true })
  markSocket()
  connection.once('sslconnect', markSocket)
  return client
}

export function isOutside(client: object): boolean {
  return OUTSIDE in client
}

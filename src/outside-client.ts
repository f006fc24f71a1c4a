/** Clients of `pg` that are never in the sandbox: what the package itself does on a server, beside the tests. */

/** On such clients, whichever copy of this package has made them. */
const OUTSIDE = Symbol.for('pg-sandbox.outside')

export function markOutside<Client extends object>(client: Client): Client {
  Object.defineProperty(client, OUTSIDE, { value: true })
  return client
}

export function isOutside(client: object): boolean {
  return OUTSIDE in client
}

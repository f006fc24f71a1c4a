/** How a client reaches its database, in parts: what `pg` logs in with. A driver hands it to whoever connects in the client's place. */
export interface Login {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | (() => unknown) | undefined
  readonly database: string
  /** As `pg` takes it. Default: no TLS. */
  readonly ssl?: unknown
}

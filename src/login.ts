/** How a client reaches its database: what a driver hands to whoever connects in its place. */
export interface Login {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | (() => unknown) | undefined
  readonly database: string
  readonly ssl?: unknown
}

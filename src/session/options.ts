/** Options of the sandbox, with their defaults. */
export interface SandboxOptions {
  /**
   * What happens to a query of one client while another client has a transaction open and does not use it:
   * `'error'` makes it fail after {@link SandboxOptions.outsideQueryTimeout}, `'share'` runs it inside the transaction.
   * Default: `'error'`.
   */
  outsideQueries: 'error' | 'share'
  /** Milliseconds a query waits for a transaction of another client that is open and idle. Default: 1000. */
  outsideQueryTimeout: number
  /**
   * Milliseconds that `rollback()` and `close()` wait for a query that is still running, before they ask the server to
   * cancel it; after twice that time the connection is closed. Keep twice the time below the limit that the runner sets
   * for hooks (5000 in Jest). Default: 2000.
   */
  rollbackTimeout: number
}

export const DEFAULT_OPTIONS: SandboxOptions = {
  outsideQueries: 'error',
  outsideQueryTimeout: 1000,
  rollbackTimeout: 2000,
}

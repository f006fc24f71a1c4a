/** What has become of the promises of a program. */

export type Outcome<Result = unknown> = { readonly value: Result } | { readonly error: unknown }

export class Promises {
  readonly #open = new Map<object, string>()
  /** What has rejected, and with what. */
  readonly rejections: { readonly label: string; readonly error: unknown }[] = []

  /** Calls `work` and follows its promise; what this returns never rejects. */
  async track<Result>(label: string, work: () => Promise<Result> | Result): Promise<Outcome<Result>> {
    const token = {}
    this.#open.set(token, label)
    try {
      return { value: await work() }
    } catch (error) {
      this.rejections.push({ label, error })
      return { error }
    } finally {
      this.#open.delete(token)
    }
  }

  /** What has not settled yet. */
  get pending(): string[] {
    return [...this.#open.values()]
  }
}

const SANDBOX_CODES = [
  'PG_SANDBOX_OUTSIDE_QUERY',
  'PG_SANDBOX_TEST_ENDED',
  'PG_SANDBOX_CONNECTION_LOST',
  'PG_SANDBOX_UNEXPECTED_STATE',
  'PG_SANDBOX_BLOCKED',
  'PG_SANDBOX_OVERTAKEN',
]

/** Of the server: what the programs provoke, and what the faults do. */
const SERVER_CODES = [
  '22012', // division by zero
  '23503', // foreign key
  '23505', // unique key
  '25001', // a transaction is open already
  '25P01', // none is open
  '25P02', // it has failed
  '34000', // no such cursor
  '3B001', // no such savepoint
  '40P01', // deadlock
  '42601', // syntax
  '42703', // no such column
  '42883', // no such function
  '42P01', // no such table
  '42P03', // the cursor is there already
  '42P07', // the table is there already
  '55006', // the table is in use
  '57014', // cancelled
  '57P01', // terminated, or the server is shutting down
  '57P02', // the server has crashed
  '57P03', // the server is starting or stopping
]

const SOCKET_CODES = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE']

/** Of pg itself, where a connection is gone. */
const MESSAGES = [
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'Called end on pool more than once',
  'This socket has been ended by the other party',
  'Query read timeout',
]

/** Is it an error that the documentation of the sandbox, of pg or of the server tells of? */
export function isDocumented(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string')
    return [SANDBOX_CODES, SERVER_CODES, SOCKET_CODES].some((codes) => codes.includes(code))
  return MESSAGES.includes(error.message)
}

/** An error in one line. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return `no Error: ${String(error)}`
  const code: unknown = Reflect.get(error, 'code')
  return `${error.name} ${typeof code === 'string' ? code : ''} ${error.message.split('\n')[0]}`
}

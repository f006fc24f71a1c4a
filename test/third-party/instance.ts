import type { ClientBase } from 'pg'

export type Row = Record<string, unknown>

export type Isolation = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable'

export function upper(isolation: Isolation): Uppercase<Isolation> {
  return isolation.toUpperCase() as Uppercase<Isolation>
}

export const ISOLATION_LEVELS: readonly Isolation[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
]

export type TransactionOptions = { readonly isolation?: Isolation; readonly readOnly?: boolean }

/** What the behaviours do with a transaction: always through the library's own handle. */
export type Transaction = {
  /** Adds a row to `accounts`. */
  insert(name: string): Promise<unknown>
  count(): Promise<number>
  /** Runs one statement as text. */
  raw(text: string): Promise<readonly Row[]>
  /** A transaction inside the transaction: a savepoint, by the library's own means. */
  nested?<Result>(work: (inner: Transaction) => Promise<Result>): Promise<Result>
}

/** A library, connected. What it does not have by its nature is left out; the behaviours that need it do not apply then. */
export type Instance = {
  insert?(name: string): Promise<unknown>
  count?(): Promise<number>
  raw?(text: string): Promise<readonly Row[]>
  transaction?<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>
  /** It has nested transactions. */
  readonly nests?: true
  /** What its `transaction` takes. */
  readonly isolationLevels?: readonly Isolation[]
  readonly readOnly?: true
  /** Runs a string of several statements. */
  script?(text: string): Promise<unknown>
  /** The rows of a query, read page by page. Comes from `lend` where the library has nothing of its own. */
  stream?(text: string): AsyncIterable<Row>
  /** Lends the client of `pg` that the library works with. */
  lend?<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result>
  /** Runs COPY … FROM STDIN. Comes from `lend` as well, like the next two. */
  copyIn?(statement: string, lines: readonly string[]): Promise<unknown>
  /** A `copyIn` that the server refuses never settles. */
  readonly copyInHangs?: true
  /** Runs COPY … TO STDOUT. */
  copyOut?(statement: string): Promise<string>
  /** Calls `onPayload` for each notification; resolves to a function that stops. */
  listen?(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<unknown>>
  notify?(channel: string, payload: string): Promise<unknown>
  /** Enqueues a job, has it fetched and done with `work`, and resolves when it is completed. */
  job?(payload: string, work: (payload: string) => Promise<void>): Promise<void>
  readonly migrations?: Migrations
  close(): Promise<unknown>
}

/** Two migrations: the first makes the table `invoices` with one row, the second makes `reminders`, then fails. */
export type Migrations = {
  /** Runs the first. */
  up(): Promise<unknown>
  /** Runs the second. */
  fail(): Promise<unknown>
  /** Undoes the first, where the library can. */
  down?(): Promise<unknown>
}

export type OpenOptions = {
  /** A statement that each new connection runs first, by the means that the library has for it. */
  readonly onConnect?: string
  /** What that statement sets, for a library that takes settings instead. */
  readonly timeZone?: string
}

export type Adapter = {
  open(url: string, options: OpenOptions): Promise<Instance>
  /** Whether `open` heeds `onConnect`. */
  readonly takesOnConnect?: true
  /** Its `insert` replaces a row with the same key. */
  readonly replaces?: true
  /** Every query of a transaction's callback belongs to the transaction, also without its handle. */
  readonly ambientTransactions?: true
  /** Each test opens an instance of its own. */
  readonly opensForEachTest?: true
  /** Makes what the library needs in a database, once, before the tests. */
  prepare?(url: string): Promise<unknown>
  /** Behaviours that cannot be, by their id, with the reason. They are run, and must fail. */
  readonly cannot?: Readonly<Record<string, string>>
  /** Behaviours that come out one way or the other, by their id, with the reason. They are not run. */
  readonly unreliable?: Readonly<Record<string, string>>
  /** What a behaviour takes to work, by its id. */
  readonly notes?: Readonly<Record<string, string>>
  /** A statement that empties what `prepare` has made. */
  readonly empty?: string
}

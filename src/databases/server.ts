/** A database server, as one who makes and drops databases on it sees it. */
import type { Connection } from './connection.ts'
import type { Maker } from './maker.ts'
import type { CopyStrategy, Mark } from './mark.ts'

/** What tells a server from any other, whatever text leads to it. */
export interface ServerIdentity {
  /** `system_identifier`; where the user may not see that, when the server was started. */
  readonly system: string
  readonly address: string
  readonly port: number
}

/** A database on the server, with our mark where it has one. */
export interface KnownDatabase {
  readonly name: string
  readonly mark: Mark | undefined
}

/** Makes of a mark what differs from one database to the next; the rest is the server's maker's. */
export type MarkParts = Pick<Mark, 'purpose' | 'state'> &
  Partial<Pick<Mark, 'hash' | 'recipe' | 'strategy' | 'note'>>

export interface CreateOptions {
  /** The database to copy. */
  readonly from: string
  readonly mark: MarkParts
  /** Default: what the server does by itself. */
  readonly strategy?: CopyStrategy | undefined
}

/** Keeps the connection, and with it the locks, until it is called. Twice does no harm. */
export type Release = () => Promise<void>

export declare class Server {
  /** One per server and process (in Jest: and test file). `maker`: who makes; default: read from the environment. */
  static of(connection: Connection, maker?: Maker): Server
  readonly connection: Connection
  readonly maker: Maker
  /** Keeps the connection open, which holds the lock that says: this run is alive. Without a hold, it is opened and closed for each call. */
  hold(): Release
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  identity(): Promise<ServerIdentity>
  /** `180004`, as `server_version_num`. */
  version(): Promise<number>
  url(database: string): string
  /** Those of the maker's project. */
  databases(): Promise<readonly KnownDatabase[]>
  /** Copies `from`, with its owner, settings and rights, and sets the mark. */
  createDatabase(name: string, options: CreateOptions): Promise<void>
  /** Sets another mark. */
  mark(name: string, parts: MarkParts): Promise<void>
  /** Also when sessions are open in it. Refuses what is not a test's. Without such a database it does nothing. */
  dropDatabase(name: string): Promise<void>
}

/** Clones of one database, made ahead in the background. */
import type { CopyStrategy } from './mark.ts'
import type { Server } from './server.ts'
import type { Template } from './template.ts'

export interface Clone {
  readonly name: string
  /** The server's connection string with this database. */
  readonly url: string
}

export interface ClonePoolOptions {
  /** How many are kept ready. Default: 2. */
  readonly ahead?: number | undefined
  /** How they are copied. Default: as the template says, else what the server does by itself. */
  readonly strategy?: CopyStrategy | undefined
}

export declare class ClonePool {
  /** @param from a template, or the name of a database in which no session is open */
  constructor(server: Server, from: Template | string, options?: ClonePoolOptions)
  /** Begins to make clones; `take()` does so by itself. */
  fill(): void
  take(): Promise<Clone>
  /** Drops it in the background, or keeps it and prints how to look at it. */
  release(clone: Clone, options?: { readonly keep?: boolean }): void
  /** Waits for all that goes on in the background; drops what is ready or was not given back. */
  end(): Promise<void>
}

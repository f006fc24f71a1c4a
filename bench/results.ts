import type { Measured } from './pairs.ts'

/** One table of the report. */
export interface Section {
  readonly name: string
  readonly title: string
  /** What the absolute values are in: `ms per test`. */
  readonly unit: string
  readonly groups: readonly Group[]
  readonly notes: readonly string[]
}

/** What is compared under one heading, a workload for example. */
export interface Group {
  readonly name: string
  readonly measured: readonly Measured[]
}

/** What a section is run with. */
export interface Bench {
  /** The database with the schema, on the loopback. */
  readonly url: string
  /** The same through the proxy that delays. */
  readonly delayedUrl: string
  /** Another server, which writes to the disk as one does that nobody has set up for tests; with the schema. */
  startSynced(): Promise<{ readonly url: string; stop(): Promise<void> }>
  /** What `--pairs` says, or the usual number. */
  pairs(usual: number): number
  readonly isQuick: boolean
  wants(variant: string): boolean
  /** Announces how many pairs follow; gives what to call after each. */
  progress(title: string, total: number): () => void
}

import type { Progress } from '../progress.ts'
import { type Batch, batchesOf, type Found } from './batch.ts'
import type { Shrunk } from './shrink.ts'
import { WorkerProcess } from './worker-process.ts'
import type { Task, TaskResult } from './worker.ts'

export type FuzzOptions = {
  /** Where a superuser reaches the server. */
  readonly server: string
  /** Names of the databases begin with it. */
  readonly prefix: string
  readonly programs: number
  readonly seed: number
  readonly workers: number
  /** Goes on after a difference, and tells of each kind once. */
  readonly keepGoing: boolean
}

/** How many programs share a sandbox: after so many it is closed. */
const BATCH_SIZE = 250

/** One kind of difference, with the smallest program for it and how many programs showed it. */
export type Kind = { readonly found: Found; readonly shrunk: Shrunk; count: number }

/** What is told while it runs. */
export interface Listener {
  /** A new kind of difference, as soon as it is shrunk. */
  found(kind: Kind): void
  /** The harness itself has failed in a batch, or a process has ended over it. */
  failed(error: string): void
}

export type Outcome = { readonly kinds: readonly Kind[]; readonly failures: number }

/** Runs programs in several processes. Without `keepGoing` it ends at the first difference, in the order of the batches. */
export async function fuzz(options: FuzzOptions, progress: Progress, listener: Listener): Promise<Outcome> {
  const run = new FuzzRun(options, progress, listener)
  await Promise.all(Array.from({ length: options.workers }, () => run.work()))
  return { kinds: [...run.kinds.values()], failures: run.failures }
}

class FuzzRun {
  readonly #options: FuzzOptions
  readonly #progress: Progress
  readonly #listener: Listener
  readonly #batches: Batch[]
  /** By the fingerprint that a difference had before it was shrunk: how often it was found, and what became of it. */
  readonly #found = new Map<string, { count: number; kind?: Kind }>()
  readonly #toShrink: Found[] = []
  #running = 0
  #processes = 0
  /** Batches that have failed once and are run again: on a busy machine a program may wait too long for its answer. */
  readonly #repeated = new Set<Batch>()
  /** By the fingerprint of the smallest program. */
  readonly kinds = new Map<string, Kind>()
  failures = 0

  constructor(options: FuzzOptions, progress: Progress, listener: Listener) {
    this.#options = options
    this.#progress = progress
    this.#listener = listener
    this.#batches = batchesOf({ ...options, size: BATCH_SIZE })
  }

  /** Keeps one process busy until there is nothing left to do, or another in its place when it has failed. */
  async work(): Promise<void> {
    const { server, prefix } = this.#options
    const start = (): WorkerProcess => new WorkerProcess(server, `${prefix}_${(this.#processes += 1)}`)
    let worker = start()
    for (let task = this.#nextTask(); task !== undefined; task = this.#nextTask()) {
      this.#running += 1
      const result = await worker.do(task)
      this.#running -= 1
      this.#take(task, result)
      if (result.kind !== 'failed') continue
      worker.stop()
      worker = start()
    }
    worker.stop()
  }

  #nextTask(): Task | undefined {
    const { keepGoing } = this.#options
    const found = keepGoing ? this.#toShrink.shift() : undefined
    if (found) return { kind: 'shrink', found }
    const goesOn = keepGoing || this.#found.size + this.failures === 0
    const batch = goesOn ? this.#batches.shift() : undefined
    if (batch) return { kind: 'run', batch }
    // Batches before this one may still be running: the first difference is the same whoever is faster.
    if (this.#running > 0) return undefined
    const first = this.#toShrink.toSorted((one, other) => one.batch.number - other.batch.number).at(0)
    this.#toShrink.length = 0
    return first && { kind: 'shrink', found: first }
  }

  #take(task: Task, result: TaskResult): void {
    if (result.kind === 'failed' && task.kind === 'run' && !this.#repeated.has(task.batch)) {
      this.#repeated.add(task.batch)
      this.#batches.unshift(task.batch)
    } else if (result.kind === 'failed') {
      this.failures += 1
      this.#listener.failed(`${result.error}\nwhile it did ${JSON.stringify(task)}`)
    }
    if (task.kind === 'run' && result.kind === 'ran') {
      for (const found of result.found) this.#add(found)
      const kinds = this.kinds.size + this.#toShrink.length
      this.#progress.add(task.batch.size, kinds === 0 ? '' : `${kinds} kinds of differences`)
    }
    if (task.kind === 'shrink' && result.kind === 'shrunk') this.#addShrunk(task.found, result.shrunk)
  }

  #add(found: Found): void {
    const known = this.#found.get(found.difference.fingerprint)
    if (known?.kind) known.kind.count += 1
    else if (known) known.count += 1
    else {
      this.#found.set(found.difference.fingerprint, { count: 1 })
      this.#toShrink.push(found)
    }
  }

  #addShrunk(found: Found, shrunk: Shrunk): void {
    const entry = this.#found.get(found.difference.fingerprint)!
    const known = this.kinds.get(shrunk.difference.fingerprint)
    const kind = known ?? { found, shrunk, count: 0 }
    kind.count += entry.count
    entry.kind = kind
    if (known) return
    this.kinds.set(shrunk.difference.fingerprint, kind)
    this.#listener.found(kind)
  }
}

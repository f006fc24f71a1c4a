/** Shares programs among processes, each with a server of its own that it may restart. */
import { startServer } from './server.ts'
import type { Result, Task } from './tasks.ts'
import { WorkerProcess } from './worker-process.ts'

export interface RunOptions {
  readonly workers: number
  /** Without the sandbox: what pg does by itself. */
  readonly plain?: boolean
  /** Milliseconds within which everything must settle: by default far more than any timeout of the sandbox. */
  readonly limit?: number
  readonly onResult?: (result: Result) => void
}

export interface RunResult {
  /** Of the server. */
  readonly version: string
  readonly results: readonly Result[]
}

const LIMIT = 20_000

/** Runs all programs; those of one process one after the other. */
export async function runTasks(tasks: readonly Task[], options: RunOptions): Promise<RunResult> {
  const workers = Math.min(options.workers, tasks.length)
  const shares = Array.from({ length: workers }, (_, worker) =>
    tasks.filter((_task, index) => index % workers === worker),
  )
  const done = await Promise.all(shares.map((share) => runShare(share, options)))
  const results = done.flatMap((run) => run.results).toSorted((a, b) => a.task.id - b.task.id)
  return { version: done[0]?.version ?? '', results }
}

async function runShare(tasks: readonly Task[], options: RunOptions): Promise<RunResult> {
  const { plain = false, limit = LIMIT, onResult } = options
  const server = await startServer()
  const world = { server: server.url, data: server.data, plain, limit }
  const results: Result[] = []
  const add = (result: Result): void => {
    results.push(result)
    onResult?.(result)
  }
  try {
    // A process ends with a program that hangs, and another one goes on.
    while (results.length < tasks.length)
      await new WorkerProcess({ world, tasks: tasks.slice(results.length) }, add).ended
  } finally {
    await server.stop()
  }
  return { version: server.version, results }
}

import { type Batch, type Found, runBatch } from './batch.ts'
import { Harness } from './harness.ts'
import type { SchemaKind } from './schema.ts'
import { createDatabase } from './server-url.ts'
import { shrinkFound, type Shrunk } from './shrink.ts'

/** What a process is asked to do. */
export type Task =
  | { readonly kind: 'run'; readonly batch: Batch }
  | { readonly kind: 'shrink'; readonly found: Found }

export type TaskResult =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ran'; readonly found: readonly Found[] }
  | { readonly kind: 'shrunk'; readonly shrunk: Shrunk }
  | { readonly kind: 'failed'; readonly error: string }

/** Does the tasks that come over the channel to the parent process, one at a time, until the channel closes. */
export function serve(server: string, prefix: string): void {
  const harnesses = new Map<SchemaKind, Harness>()
  const harnessFor = async (kind: SchemaKind): Promise<Harness> => {
    const known = harnesses.get(kind)
    if (known) return known
    const [plain, sandboxed] = [`${prefix}_${kind}_plain`, `${prefix}_${kind}_sandboxed`]
    const made = await Harness.prepare(
      kind,
      await createDatabase(server, plain),
      await createDatabase(server, sandboxed),
    )
    harnesses.set(kind, made)
    return made
  }
  const work = async (task: Task): Promise<TaskResult> => {
    if (task.kind === 'run')
      return { kind: 'ran', found: await runBatch(task.batch, await harnessFor(task.batch.schema)) }
    return {
      kind: 'shrunk',
      shrunk: await shrinkFound(task.found, await harnessFor(task.found.batch.schema)),
    }
  }
  process.on('message', (task: Task) => {
    work(task)
      .catch((error: Error): TaskResult => ({ kind: 'failed', error: error.stack ?? String(error) }))
      .then((result) => process.send!(result))
      .catch(() => process.exit(1))
  })
  process.on('disconnect', () => process.exit(0))
  process.send!({ kind: 'ready' } satisfies TaskResult)
}

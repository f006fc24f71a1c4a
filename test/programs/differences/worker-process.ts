import type { ChildProcess } from 'node:child_process'
import { startWorker } from '../start-worker.ts'
import type { Task, TaskResult } from './worker.ts'

/** One of the processes that run programs; see worker.ts for its side. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #ready: Promise<TaskResult>

  /** @param prefix of the names of its databases */
  constructor(server: string, prefix: string) {
    this.#child = startWorker('differences', [server, prefix])
    this.#ready = this.#answer()
  }

  /** Gives what came of the task; `failed` also when the process has ended over it. */
  async do(task: Task): Promise<TaskResult> {
    const ready = await this.#ready
    if (ready.kind === 'failed') return ready
    this.#child.send(task)
    return this.#answer()
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #answer(): Promise<TaskResult> {
    return new Promise((resolve) => {
      const ended = (code: number | null): void =>
        resolve({ kind: 'failed', error: `the process has ended (${code})` })
      this.#child.once('exit', ended)
      this.#child.once('message', (result: TaskResult) => {
        this.#child.off('exit', ended)
        resolve(result)
      })
    })
  }
}

/** A process that runs programs: see worker.ts. */
import type { ChildProcess } from 'node:child_process'
import { startWorker } from '../start-worker.ts'
import type { FromWorker, Result, Task, ToWorker } from './tasks.ts'

/** What a program waits for has a limit of its own; here something keeps the process itself from going on. */
const SILENCE_LIMIT = 120_000
const EXIT_LIMIT = 10_000

export class WorkerProcess {
  /** Settles when the process has ended, and all that it has run has been added. */
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  readonly #tasks: readonly Task[]
  readonly #add: (result: Result) => void
  /** What runs. */
  #present: Task | undefined
  /** The result of the last program is added when the process has exited by itself, for that is part of it. */
  #last: Result | undefined
  #runs = 0
  #timer: NodeJS.Timeout | undefined
  #wasKilled = false
  #errors = ''

  constructor(given: ToWorker, add: (result: Result) => void) {
    this.#tasks = given.tasks
    this.#add = add
    this.#process = startWorker('faults', [], ['ignore', 'inherit', 'pipe', 'ipc'])
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()))
    this.#process.on('message', (message: FromWorker) => this.#hear(message))
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code) => {
        clearTimeout(this.#timer)
        this.#close(code)
        resolve()
      })
    })
    this.#process.send(given)
    this.#limit(SILENCE_LIMIT)
  }

  #hear(message: FromWorker): void {
    const task = this.#tasks[this.#runs]
    if (task === undefined) return
    this.#limit(SILENCE_LIMIT)
    this.#present = task
    if (message.kind === 'begun') return
    this.#present = undefined
    this.#runs += 1
    const { report, milliseconds } = message
    const result = { task, report, milliseconds }
    if (this.#runs < this.#tasks.length || report.isStuck) return this.#add(result)
    this.#last = result
    this.#limit(EXIT_LIMIT)
  }

  #close(code: number | null): void {
    const how = this.#wasKilled
      ? 'the process did not end by itself'
      : `the process has ended with ${String(code)}`
    const findings = [`${how}: ${this.#errors}`]
    if (this.#last !== undefined) {
      const { report } = this.#last
      const all = code === 0 ? report.findings : [...report.findings, ...findings]
      return this.#add({ ...this.#last, report: { ...report, findings: all } })
    }
    // Or else it has ended as it told, with a program that hangs.
    const task = this.#runs === 0 ? this.#tasks[0] : this.#present
    if (task !== undefined)
      this.#add({ task, report: { findings, happened: true, isStuck: true }, milliseconds: 0 })
  }

  #limit(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#wasKilled = true
      this.#process.kill('SIGKILL')
    }, milliseconds)
  }
}

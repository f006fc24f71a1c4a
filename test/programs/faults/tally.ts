/** Counts what has come of the programs of a run, by kinds of faults, and tells of those that have failed. */
import { type FaultKind, kindOf } from './program.ts'
import type { Result } from './tasks.ts'

interface Counts {
  programs: number
  /** Those whose fault came about before the program had ended. */
  happened: number
  failed: number
}

export class Tally {
  readonly #seed: string
  readonly #kinds = new Map<FaultKind, Counts>()
  failed = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  add(result: Result): void {
    const { task, report } = result
    const counts = this.#countsOf(kindOf(task.plan))
    counts.programs += 1
    if (report.happened) counts.happened += 1
    if (report.findings.length === 0) return
    counts.failed += 1
    this.failed += 1
    this.#tell(result)
  }

  summarize(): void {
    console.table(Object.fromEntries([...this.#kinds].toSorted(([a], [b]) => a.localeCompare(b))))
  }

  #countsOf(kind: FaultKind): Counts {
    const counts = this.#kinds.get(kind) ?? { programs: 0, happened: 0, failed: 0 }
    this.#kinds.set(kind, counts)
    return counts
  }

  #tell({ task, report, milliseconds }: Result): void {
    console.log(
      `\nFAILED: program ${task.id} of seed ${this.#seed}, ${kindOf(task.plan)}, after ${milliseconds} ms`,
    )
    for (const finding of report.findings) console.log(`  - ${finding}`)
    console.log(`  ${JSON.stringify(task.plan)}\n`)
  }
}

/** What a person sees of a long run. */
import { type FaultKind, kindOf } from './program.ts'
import type { Result } from './tasks.ts'

interface Counts {
  programs: number
  /** Those whose fault came about before the program had ended. */
  happened: number
  failed: number
}

export class Progress {
  readonly #total: number
  readonly #seed: string
  readonly #kinds = new Map<FaultKind, Counts>()
  #done = 0
  failed = 0

  constructor(total: number, seed: string) {
    this.#total = total
    this.#seed = seed
  }

  add(result: Result): void {
    const { task, report } = result
    const counts = this.#countsOf(kindOf(task.plan))
    this.#done += 1
    counts.programs += 1
    if (report.happened) counts.happened += 1
    if (report.findings.length > 0) {
      counts.failed += 1
      this.failed += 1
      this.#tell(result)
    }
    if (this.#done % 50 === 0 || this.#done === this.#total)
      console.log(`${this.#done} of ${this.#total} programs, ${this.failed} failed`)
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

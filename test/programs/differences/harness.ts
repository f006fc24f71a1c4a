import { Patience } from '../patience.ts'
import { ProgramDatabase } from './database.ts'
import { type Difference, firstDifference, otherDifference } from './first-difference.ts'
import { mayChangeCatalogs } from './look.ts'
import { PlainSide } from './plain-side.ts'
import { type Program, textOf } from './program.ts'
import { type Run, runProgram } from './run.ts'
import { SandboxedSide, type Situation } from './sandboxed-side.ts'
import type { SchemaKind } from './schema.ts'

/** How many milliseconds a step may take before the program counts as one that hangs. */
const LIMIT = 3000

/** Two databases with the same tables, one for real commits and one for the sandbox; kept for many programs. */
export class Harness {
  readonly kind: SchemaKind
  readonly #plain: ProgramDatabase
  readonly #sandboxed: ProgramDatabase
  readonly #plainSide: PlainSide
  readonly #patience = new Patience(LIMIT)

  private constructor(kind: SchemaKind, plain: ProgramDatabase, sandboxed: ProgramDatabase) {
    this.kind = kind
    this.#plain = plain
    this.#sandboxed = sandboxed
    this.#plainSide = new PlainSide(plain)
  }

  /** Fills two empty databases. */
  static async prepare(kind: SchemaKind, plainUrl: string, sandboxedUrl: string): Promise<Harness> {
    const plain = await ProgramDatabase.prepare(plainUrl, kind, true)
    const sandboxed = await ProgramDatabase.prepare(sandboxedUrl, kind, false)
    return new Harness(kind, plain, sandboxed)
  }

  /** Runs all on the plain server, then all in one sandbox, a level each; tells of each whether it differs. */
  async compare(programs: readonly Program[], situation: Situation): Promise<(Difference | undefined)[]> {
    const plain: { program: Program; record: Run }[] = []
    for (const program of programs)
      plain.push({ program, record: await runProgram(program, this.#plainSide, this.#patience) })
    const wrong = await this.#plain.change()
    if (wrong !== undefined) throw new Error(`the plain database was not reset: ${wrong}`)
    const side = new SandboxedSide(this.#sandboxed.url, situation)
    await side.begin()
    const differences: (Difference | undefined)[] = []
    for (const { program, record } of plain) {
      const { difference, isBroken } = await this.#sandbox(program, side, record)
      differences.push(difference)
      if (!isBroken) continue
      await this.#patience.for(side.end(), () => 'testTransaction.close()')
      await this.#repair()
      await side.begin()
    }
    await side.end()
    const left = await this.#sandboxed.change()
    if (left !== undefined) throw new Error(`the sandboxed database was changed unseen: ${left}`)
    return differences
  }

  async end(): Promise<void> {
    await this.#plainSide.end()
    this.#plain.end()
    this.#sandboxed.end()
    this.#patience.end()
  }

  /** One program in a level. Afterwards the database must be as before; it is broken also when the run has failed. */
  async #sandbox(
    program: Program,
    side: SandboxedSide,
    plain: Run,
  ): Promise<{ difference: Difference | undefined; isBroken: boolean }> {
    try {
      const sandboxed = await runProgram(program, side, this.#patience, plain)
      const catalogs = mayChangeCatalogs(textOf(program.steps))
      const left = await this.#sandboxed.change({ catalogs })
      if (left !== undefined)
        return { difference: otherDifference(program, `left behind: ${left}`), isBroken: true }
      return { difference: firstDifference(program, plain, sandboxed), isBroken: false }
    } catch (error) {
      return { difference: otherDifference(program, String(error)), isBroken: true }
    }
  }

  async #repair(): Promise<void> {
    if ((await this.#sandboxed.change()) === undefined) return
    await this.#sandboxed.make()
    await this.#sandboxed.remember()
  }
}

import fc from 'fast-check'
import { shrink, smallerSteps } from '../shrink.ts'
import { type Found, programsOf } from './batch.ts'
import type { Difference } from './first-difference.ts'
import type { Harness } from './harness.ts'
import type { Program } from './program.ts'
import { program } from './random-program.ts'

/** The smallest programs found that show a difference. */
export type Shrunk = {
  /** Mostly one; those before the last are needed where the sandbox has kept something of them. */
  readonly programs: readonly Program[]
  readonly difference: Difference
  /** How many times it was tried. */
  readonly tries: number
}

/** More tries than this are not worth the time, with fast-check and then without it. */
const TRIES = 600

/** Has fast-check make the program again, and smaller ones as long as they differ in the same way; then leaves out more. */
export function shrinkFound(found: Found, harness: Harness): Promise<Shrunk> {
  return new FoundShrinking(found, harness).run()
}

class FoundShrinking {
  readonly #found: Found
  readonly #harness: Harness
  #tries = 0

  constructor(found: Found, harness: Harness) {
    this.#found = found
    this.#harness = harness
  }

  async run(): Promise<Shrunk> {
    const alone = await this.#differs([this.#found.program])
    const before = alone ? [] : await this.#thoseBefore()
    const last = await this.#shrinkLast(before)
    const programs = await shrink<readonly Program[]>([...before, last], {
      smaller: smallerPrograms,
      batch: 1,
      firstFailing: async ([candidate = []]) => ((await this.#differs(candidate)) ? candidate : undefined),
      tries: TRIES,
    })
    const difference = (await this.#differs(programs)) ?? this.#found.difference
    return { programs, difference, tries: this.#tries }
  }

  async #shrinkLast(before: readonly Program[]): Promise<Program> {
    const { batch, index, program: made } = this.#found
    let smallest: Program | undefined
    const predicate = async (candidate: Program): Promise<boolean> => {
      if (smallest === undefined && JSON.stringify(candidate) !== JSON.stringify(made))
        throw new Error(`fast-check made another program: ${JSON.stringify(candidate)}`)
      smallest ??= made
      if (this.#tries > TRIES || !(await this.#differs([...before, candidate]))) return true
      smallest = candidate
      return false
    }
    const property = fc.asyncProperty(program, predicate)
    await fc.check(property, { seed: batch.seed, path: String(index), numRuns: 1 })
    return smallest ?? made
  }

  /** The programs of the same batch that must come before, as few as can be found in short time. */
  async #thoseBefore(): Promise<Program[]> {
    const { batch, index, program: last } = this.#found
    const all = programsOf(batch).slice(0, index)
    let needed = all
    for (let count = 1; count < all.length; count *= 2) {
      if (!(await this.#differs([...all.slice(-count), last]))) continue
      needed = all.slice(-count)
      break
    }
    for (const each of needed) {
      const fewer = needed.filter((other) => other !== each)
      if (await this.#differs([...fewer, last])) needed = fewer
    }
    return needed
  }

  /** Does the last of the programs differ as the one that was found does? */
  async #differs(programs: readonly Program[]): Promise<Difference | undefined> {
    this.#tries += 1
    const difference = (await this.#harness.compare(programs, this.#found.batch.situation)).at(-1)
    return difference && isSameKind(difference, this.#found.difference) ? difference : undefined
  }
}

/** What fast-check has not tried, and the programs before. */
function* smallerPrograms(programs: readonly Program[]): Generator<readonly Program[]> {
  for (const [at, { clients, steps }] of programs.entries())
    for (const smaller of smallerSteps(steps)) yield programs.with(at, { clients, steps: smaller })
}

/** What was sent may change while it shrinks; in what the answers part may not. */
function isSameKind(one: Difference, other: Difference): boolean {
  const answers = ({ fingerprint }: Difference): string => fingerprint.slice(fingerprint.indexOf(' ~ '))
  return answers(one) === answers(other)
}

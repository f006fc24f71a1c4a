/** Paired, interleaved runs: within a pair each variant runs once, in an order of chance. */
import { shuffled, type Spread, spreadOf } from './statistics.ts'

/** One of those that are compared; `run` gives what it measures, in milliseconds or another unit. */
export interface Contender {
  readonly name: string
  run(): Promise<number>
}

export interface Measured {
  readonly name: string
  readonly values: Spread
  /** To the baseline's value of the same pair. */
  readonly ratios: Spread
  readonly pairs: number
}

/**
 * Runs all contenders once to warm up, then `pairs` times; the ratios are those within a pair, so what slows the machine
 * down for a while slows down both sides of a ratio.
 *
 * @param baseline the name of the contender that the others are compared to
 * @param done is called after each pair
 */
export async function measurePairs(
  contenders: readonly Contender[],
  { baseline, pairs, done }: { baseline: string; pairs: number; done: () => void },
): Promise<Measured[]> {
  const runs: Map<string, number>[] = []
  for (let pair = -1; pair < pairs; pair += 1) {
    const values = new Map<string, number>()
    for (const contender of shuffled(contenders)) values.set(contender.name, await contender.run())
    if (pair >= 0) runs.push(values)
    done()
  }
  return contenders.map(({ name }) => {
    const values = runs.map((run) => run.get(name) ?? Number.NaN)
    const ratios = runs.map((run, i) => (values[i] ?? Number.NaN) / (run.get(baseline) ?? Number.NaN))
    return { name, values: spreadOf(values), ratios: spreadOf(ratios), pairs }
  })
}

/** The milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

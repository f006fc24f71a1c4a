import fc from 'fast-check'
import { program } from './random-program.ts'
import type { Difference } from './first-difference.ts'
import type { Harness } from './harness.ts'
import type { Program } from './program.ts'
import type { Situation } from './sandboxed-side.ts'
import type { SchemaKind } from './schema.ts'

/** Programs that share a sandbox, all made from one seed. */
export type Batch = {
  readonly number: number
  readonly seed: number
  readonly size: number
  readonly schema: SchemaKind
  readonly situation: Situation
}

/** A program that differs, by its place in its batch. */
export type Found = {
  readonly batch: Batch
  readonly index: number
  readonly program: Program
  readonly difference: Difference
}

const SITUATIONS: readonly Situation[] = ['new clients', 'written level', 'new clients', 'earlier clients']

/** The batches of a run: always the same for a seed, whoever runs which. */
export function batchesOf({
  programs,
  seed,
  size,
}: {
  programs: number
  seed: number
  size: number
}): Batch[] {
  return Array.from({ length: Math.ceil(programs / size) }, (_, number) => ({
    number,
    seed: (seed + number * 7919) | 0,
    size: Math.min(size, programs - number * size),
    schema: number % 3 === 2 ? 'bare' : 'rich',
    situation: SITUATIONS.at(number % SITUATIONS.length) ?? 'new clients',
  }))
}

export function programsOf(batch: Batch): Program[] {
  return fc.sample(program, { seed: batch.seed, numRuns: batch.size })
}

export async function runBatch(batch: Batch, harness: Harness): Promise<Found[]> {
  const programs = programsOf(batch)
  const differences = await harness.compare(programs, batch.situation)
  return programs.flatMap((each, index) => {
    const difference = differences[index]
    return difference === undefined ? [] : [{ batch, index, program: each, difference }]
  })
}

/** Smaller cases that still fail: most of a random program has nothing to do with what it has found. */
import type { ActorPlan, Case, Step } from './program.ts'
import { runTasks } from './workers.ts'

/** Run at once, on the same two servers. */
const BATCH = 16

/**
 * @param finding what the smaller case must find, too
 * @param times how often each is run, for one that fails now and then
 */
export async function shrink(plan: Case, finding: RegExp, times: number, limit: number): Promise<Case> {
  const seen = new Set<string>()
  let best = plan
  for (;;) {
    const candidates = [...smallerCases(best)].filter((smaller) => !seen.has(JSON.stringify(smaller)))
    const found = await firstFailing(candidates, seen, { finding, times, limit })
    if (found === undefined) return best
    best = found
    console.log(JSON.stringify(best))
  }
}

async function firstFailing(
  candidates: readonly Case[],
  seen: Set<string>,
  { finding, times, limit }: { readonly finding: RegExp; readonly times: number; readonly limit: number },
): Promise<Case | undefined> {
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH)
    for (const plan of batch) seen.add(JSON.stringify(plan))
    const tasks = batch.flatMap((plan, index) =>
      Array.from({ length: times }, (_, time) => ({ id: index * times + time, plan })),
    )
    const { results } = await runTasks(tasks, { workers: 2, limit })
    const failed = results.find(({ report }) => report.findings.some((text) => finding.test(text)))
    if (failed !== undefined) return failed.task.plan
  }
  return undefined
}

function* smallerCases({ program, faults }: Case): Generator<Case> {
  for (const [index, fault] of faults.entries()) {
    yield { program, faults: faults.toSpliced(index, 1) }
    if (fault.when.delay === 'before') continue
    yield { program, faults: faults.with(index, { ...fault, when: { ...fault.when, delay: 'before' } }) }
  }
  const { actors } = program
  for (const smaller of smallerActors(actors)) yield { program: { ...program, actors: smaller }, faults }
  if (program.fileWrites) yield { program: { ...program, fileWrites: false }, faults }
  if (program.database !== 'plain') yield { program: { ...program, database: 'plain' }, faults }
}

function* smallerActors(actors: readonly ActorPlan[]): Generator<readonly ActorPlan[]> {
  for (const [index, actor] of actors.entries()) {
    if (actors.length > 1) yield actors.filter((other) => other !== actor)
    for (const steps of smallerSteps(actor.steps))
      if (steps.length > 0) yield actors.with(index, { ...actor, steps })
    if (actor.scope === 'parallel') yield actors.with(index, { ...actor, scope: 'main' })
    if (actor.through !== 'client') yield actors.with(index, { ...actor, through: 'client' })
  }
}

function* smallerSteps(steps: readonly Step[]): Generator<readonly Step[]> {
  for (const [index, step] of steps.entries()) {
    yield steps.toSpliced(index, 1)
    if ('steps' in step) {
      yield steps.toSpliced(index, 1, ...step.steps)
      for (const inner of smallerSteps(step.steps)) yield steps.with(index, { ...step, steps: inner })
    }
    for (const smaller of smallerStep(step)) yield steps.with(index, smaller)
  }
}

function* smallerStep(step: Step): Generator<Step> {
  if (step.kind === 'burst')
    for (const index of step.statements.keys())
      yield { ...step, statements: step.statements.toSpliced(index, 1) }
  if (step.kind === 'cursor' && step.reads.length > 1)
    for (const index of step.reads.keys()) yield { ...step, reads: step.reads.toSpliced(index, 1) }
  if (step.kind !== 'query') return
  const parts = step.sql.split('; ')
  if (parts.length > 1)
    for (const index of parts.keys()) yield { ...step, sql: parts.toSpliced(index, 1).join('; ') }
}

/** Smaller cases with the same finding: see ../shrink.ts. */
import { shrink, smallerSteps } from '../shrink.ts'
import type { ActorPlan, Case } from './program.ts'
import { runTasks } from './workers.ts'

/** Run at once, on the same two servers. */
const BATCH = 16

export type CaseShrinking = {
  /** What the smaller case must find, too. */
  readonly finding: RegExp
  /** How often each is run, for one that fails now and then. */
  readonly times: number
  readonly limit: number
}

export function shrinkCase(plan: Case, shrinking: CaseShrinking): Promise<Case> {
  return shrink(plan, {
    smaller: smallerCases,
    batch: BATCH,
    firstFailing: (candidates) => firstFailing(candidates, shrinking),
    found: (smaller) => console.log(JSON.stringify(smaller)),
  })
}

async function firstFailing(
  candidates: readonly Case[],
  { finding, times, limit }: CaseShrinking,
): Promise<Case | undefined> {
  const tasks = candidates.flatMap((plan, index) =>
    Array.from({ length: times }, (_, time) => ({ id: index * times + time, plan })),
  )
  const { results } = await runTasks(tasks, { workers: 2, limit })
  const failed = results.find(({ report }) => report.findings.some((text) => finding.test(text)))
  return failed?.task.plan
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

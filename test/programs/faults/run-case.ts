/** Runs one program with its faults, and tells what is not as it must be. */
import { isDocumented, told } from './outcomes.ts'
import type { Case } from './program.ts'
import { RunningCase } from './running-case.ts'
import { RunningTest } from './running-test.ts'
import { Stock } from './stock.ts'
import type { World } from './world.ts'

export interface Report {
  readonly findings: readonly string[]
  /** Has the first fault come about? */
  readonly happened: boolean
  /** Something hangs or is left over: the process cannot go on with further programs. */
  readonly isStuck: boolean
}

export async function runCase(plan: Case, world: World): Promise<Report> {
  const stock = await Stock.take(world, plan.program.database)
  const test = new RunningTest(world, plan.program.database)
  const running = new RunningCase(plan, test)
  let isStuck = false
  try {
    await running.run()
    const differences = world.isPlain ? [] : await stock.differences(world.limit / 2)
    isStuck = differences.length > 0
    test.findings.push(...differences)
  } catch (error) {
    isStuck = true
    test.findings.push(`${told(error)}; still pending: ${test.promises.pending.join(' | ') || 'nothing'}`)
  }
  for (const { label, error } of test.promises.rejections) {
    if (!isDocumented(error)) test.findings.push(`${label} has rejected with ${told(error)}`)
  }
  return { findings: test.findings, happened: running.hasHappened, isStuck }
}

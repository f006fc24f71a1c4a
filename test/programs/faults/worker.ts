/** The process that runs programs, one after the other, and must then exit by itself. */
import { testTransaction } from '../../../src/index.ts'
import { told } from './outcomes.ts'
import { runCase } from './run-case.ts'
import type { FromWorker, Task, ToWorker } from './tasks.ts'
import { World } from './world.ts'

/** Shorter than by default, so that programs which run into them do not take seconds. */
const OPTIONS = { outsideQueryTimeout: 80, rollbackTimeout: 150 }

/** What no promise of a program has told. */
const strays: string[] = []

export async function work(given: ToWorker): Promise<void> {
  for (const event of ['unhandledRejection', 'uncaughtException'] as const)
    process.on(event, (error: unknown) => strays.push(`${event}: ${told(error)} ${stackOf(error)}`))
  process.on('warning', (warning) => {
    if (warning.name === 'MaxListenersExceededWarning') strays.push(warning.message)
  })
  const leave = (): never => process.exit(4)
  process.once('disconnect', leave) // Whoever has started it is gone.
  testTransaction.configure(OPTIONS)
  const world = await World.open(given.world)
  for (const task of given.tasks) await run(task, world)
  await world.close()
  process.off('disconnect', leave)
  process.disconnect()
}

async function run({ plan }: Task, world: World): Promise<void> {
  const begun = Date.now()
  await tell({ kind: 'begun' })
  const report = await runCase(plan, world)
  const findings = [...report.findings, ...strays.splice(0)]
  await tell({ kind: 'ended', report: { ...report, findings }, milliseconds: Date.now() - begun })
  // What hangs would disturb the next programs: another process goes on with them.
  if (report.isStuck) process.exit(3)
  if (world.isPlain) await world.reset(plan.program.database)
}

function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()))
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack.split('\n').slice(1, 6).join(' ').replaceAll(/\s+/g, ' ')
}

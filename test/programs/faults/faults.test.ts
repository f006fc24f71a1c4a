import { caseNumber, FAULT_KINDS } from './cases.ts'
import { type FaultKind, kindOf } from './program.ts'
import type { Result } from './tasks.ts'
import { runTasks } from './workers.ts'

/**
 * Random programs, each with a fault at a random point: all that they wait for settles, with documented errors, the next
 * test is clean, and nothing is left in the database, on the server or in the process. `npm run faults` runs more of them.
 */
const SEED = 20_261_121

const PROGRAMS: Readonly<Record<FaultKind, number>> = {
  none: 1,
  terminate: 5,
  cutFromClient: 4,
  cutFromServer: 4,
  refused: 2,
  restartFast: 2,
  restartImmediate: 2,
  cancelFromOutside: 3,
  cancelByClient: 2,
  poolEnd: 2,
  clientDestroyed: 3,
  clientEnded: 2,
  dropped: 2,
  statementTimeout: 2,
  queryTimeout: 2,
  rollbackMidway: 3,
  closeMidway: 2,
}

let results: readonly Result[]

beforeAll(async () => {
  const kinds = FAULT_KINDS.flatMap((kind) => Array.from({ length: PROGRAMS[kind] }, () => kind))
  const tasks = kinds.map((kind, id) => ({ id, plan: caseNumber(SEED, id, kind) }))
  results = (await runTasks(tasks, { workers: 2 })).results
}, 120_000)

test.each(FAULT_KINDS)(`programs of seed ${SEED} with the fault %s leave nothing behind`, (kind) => {
  const programs = results.filter(({ task }) => kindOf(task.plan) === kind)
  expect(programs).toHaveLength(PROGRAMS[kind])
  // To run one again: put its JSON into a file, and `npm run faults -- --case file`.
  const failed = programs.filter(({ report }) => report.findings.length > 0)
  expect(failed.map(({ task, report }) => [...report.findings, JSON.stringify(task.plan)])).toEqual([])
})

test('most of the faults come about before their program has ended', () => {
  expect(results.filter(({ report }) => report.happened).length).toBeGreaterThan(results.length / 2)
})

/** `npm run faults`: any number of programs, with what came of them. */
import { readFileSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { Progress } from '../progress.ts'
import { wholeNumbers } from '../whole-numbers.ts'
import { caseNumber, FAULT_KINDS } from './cases.ts'
import type { Case } from './program.ts'
import { shrinkCase } from './shrink.ts'
import { Tally } from './tally.ts'
import type { Task } from './tasks.ts'
import { runTasks } from './workers.ts'

const { version: pgVersion }: { version: string } = require('pg/package.json')

const USAGE = `npm run faults -- [--programs 200] [--seed 1] [--workers 2]
  --kind k          only faults of this kind: ${FAULT_KINDS.join(', ')}
  --only 17         the program with this number
  --case file       the program in this file, as JSON
  --times 1         how often each program is run
  --limit 20000     milliseconds within which a program must settle
  --shrink regexp   looks for a smaller program with a finding of this kind
  --plain           without the sandbox, to see what pg does by itself`

const OPTIONS = {
  programs: { type: 'string', default: '200' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  workers: { type: 'string', default: '2' },
  kind: { type: 'string' },
  only: { type: 'string' },
  case: { type: 'string' },
  times: { type: 'string', default: '1' },
  limit: { type: 'string', default: '20000' },
  shrink: { type: 'string' },
  plain: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options']

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const plans = plansOf(values)
  const [first] = plans
  if (values.shrink === undefined || first === undefined) return run(plans, values)
  const { times, limit } = wholeNumbers(values, { times: 1, limit: 1 })
  const smaller = await shrinkCase(first[1], { finding: new RegExp(values.shrink), times, limit })
  console.log(JSON.stringify(smaller))
  return 1
}

async function run(plans: readonly [number, Case][], values: Values): Promise<number> {
  const { times, workers, limit } = wholeNumbers(values, { times: 1, workers: 1, limit: 1 })
  const repeated = Array.from({ length: times }, () => plans).flat()
  const tasks: Task[] = repeated.map(([id, plan], index) => ({ id: times > 1 ? index : id, plan }))
  console.log(`seed ${values.seed}, ${tasks.length} programs${values.plain ? ', without the sandbox' : ''}`)
  const progress = new Progress(tasks.length, process.stdout)
  const tally = new Tally(values.seed)
  const { version } = await runTasks(tasks, {
    workers,
    plain: values.plain,
    limit,
    onResult: (result) => {
      tally.add(result)
      progress.add(1, tally.failed === 0 ? '' : `${tally.failed} failed`)
    },
  })
  progress.end()
  const seconds = progress.seconds.toFixed(1)
  console.log(
    `\nPostgreSQL ${version}, pg ${pgVersion}, seed ${values.seed}, ${tasks.length} programs in ${seconds} s`,
  )
  tally.summarize()
  return tally.failed === 0 ? 0 : 1
}

/** Programs with their numbers. */
function plansOf({ case: file, kind: given, only, programs, seed }: Values): [number, Case][] {
  if (file !== undefined) return [[0, JSON.parse(readFileSync(file, 'utf8')) as Case]]
  const kind = FAULT_KINDS.find((known) => known === given)
  if (kind !== given) throw new Error(`There is no fault ${given}.\n${USAGE}`)
  const numbers = wholeNumbers(
    { programs, seed, only: only ?? '0' },
    { programs: 1, seed: Number.MIN_SAFE_INTEGER, only: 0 },
  )
  const chosen = only === undefined ? [...Array(numbers.programs).keys()] : [numbers.only]
  return chosen.map((number) => [number, caseNumber(numbers.seed, number, kind)])
}

/** `pg-sandbox init` from its parameters to its exit code; what it reads and writes comes from outside. */
import { parseArgs } from 'node:util'
import { planFor, type Plan } from './plan.ts'
import { describeProject, type ReadText, reasonOf, UnknownProject } from './project.ts'
import { type Failures, report } from './report.ts'
import { type RunnerId, SUPPORTED } from './runners.ts'

/** The folder that it works on, and where it tells of it. */
export interface Surroundings {
  readonly read: ReadText
  /** Makes a new file. It must throw where there is one. */
  readonly create: (path: string, text: string) => void
  readonly tell: (text: string) => void
  readonly complain: (text: string) => void
}

/** 0: all is said and done; 1: the project could not be set up; 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2

const HELP: string = `npx pg-sandbox init [--dry-run] [--runner <name>]

Looks at the project in this folder, says which test runner and drivers it found, writes the set-up file that puts
every test in a transaction, and shows the lines to add to a configuration that exists. It changes no file that is there.

  --dry-run        writes nothing, only shows what it would write
  --runner <name>  sets up this runner: ${SUPPORTED.join(', ')}; without it, those that package.json tells
  --help           shows this

npx pg-sandbox fixtures --help tells of the commands for fixtures.

Exit code: 0 done, 1 the project could not be set up, 2 the command was not understood
`

type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'init'; readonly dryRun: boolean; readonly runner: RunnerId | undefined }
  | { readonly kind: 'wrong'; readonly text: string }

export function run(parameters: readonly string[], surroundings: Surroundings): ExitCode {
  const request = understand(parameters)
  if (request.kind === 'init') return init(request, surroundings)
  if (request.kind === 'help') {
    surroundings.tell(HELP)
    return 0
  }
  surroundings.complain(`${request.text}\n\n${HELP}`)
  return 2
}

/** The parameters as they were meant. */
function understand(parameters: readonly string[]): Request {
  const options = {
    'dry-run': { type: 'boolean' },
    runner: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...parameters], options, allowPositionals: true })
    if (values.help || positionals[0] === 'help') return { kind: 'help' }
    if (positionals.length !== 1 || positionals[0] !== 'init')
      return { kind: 'wrong', text: unknownCommand(positionals) }
    const runner = SUPPORTED.find((id) => id === values.runner)
    if (values.runner !== undefined && runner === undefined)
      return {
        kind: 'wrong',
        text: `There is no --runner ${values.runner}. There are ${SUPPORTED.join(', ')}.`,
      }
    return { kind: 'init', dryRun: values['dry-run'] ?? false, runner }
  } catch (error) {
    const [reason = ''] = reasonOf(error).split('. ')
    return { kind: 'wrong', text: `${reason}.` }
  }
}

function unknownCommand(given: readonly string[]): string {
  return given.length === 0
    ? 'A command is missing. There are init, fixtures.'
    : `There is no command "${given.join(' ')}". There are init, fixtures.`
}

function init({ dryRun, runner }: Extract<Request, { kind: 'init' }>, surroundings: Surroundings): ExitCode {
  let plan: Plan
  try {
    plan = planFor(describeProject(surroundings.read), runner)
  } catch (error) {
    if (!(error instanceof UnknownProject)) throw error
    surroundings.complain(`${error.message}\n`)
    return 1
  }
  if (plan.kind === 'refusal') {
    surroundings.complain(`${plan.found}\n\n${plan.text}\n`)
    return 1
  }
  const failures = dryRun ? undefined : write(plan, surroundings)
  surroundings.tell(report(plan, failures))
  return failures !== undefined && failures.size > 0 ? 1 : 0
}

function write({ steps }: Extract<Plan, { kind: 'steps' }>, { create }: Surroundings): Failures {
  const failures = new Map<string, string>()
  for (const step of steps) {
    if (step.kind !== 'write') continue
    try {
      create(step.path, step.text)
    } catch (error) {
      failures.set(step.path, reasonOf(error))
    }
  }
  return failures
}

/** What init will do with a project: files to write, lines to add by hand, and what to tell. */
import { planJest } from './jest.ts'
import { planNodeTest } from './node-test.ts'
import type { Project } from './project.ts'
import { type Runner, type RunnerId, RUNNERS, SUPPORTED } from './runners.ts'
import { note, type Step } from './steps.ts'
import { planVitest } from './vitest.ts'

export type Plan =
  | { readonly kind: 'steps'; readonly found: string; readonly steps: readonly Step[] }
  /** Nothing can be done; the text says why, and what to do. */
  | { readonly kind: 'refusal'; readonly found: string; readonly text: string }

const PLANNERS: Partial<Record<RunnerId, (project: Project) => readonly Step[]>> = {
  jest: planJest,
  vitest: planVitest,
  'node-test': planNodeTest,
}

/** @param chosen the runner to set up; without it, all that were found */
export function planFor(project: Project, chosen?: RunnerId): Plan {
  const runners = chosen ? RUNNERS.filter(({ id }) => id === chosen) : project.runners
  const found = foundIn(project)
  if (runners.length === 0) return { kind: 'refusal', found, text: noRunner(project) }
  const notes = [...missingPackage(project), ...unreached(project)]
  if (project.dependencies.has('pg-transactional-tests'))
    return { kind: 'steps', found, steps: [...notes, note(MOVING)] }
  const steps = runners.flatMap((runner) => PLANNERS[runner.id]?.(project) ?? [recipe(runner)])
  return { kind: 'steps', found, steps: [...notes, ...steps, ...runIt(project, runners)] }
}

function foundIn(project: Project): string {
  const names = [
    ...project.runners.map(({ name }) => name),
    ...(project.hasTypescript ? ['TypeScript'] : []),
    ...(project.isModule ? ['ES modules'] : []),
    ...project.libraries.map(({ name }) => name),
  ]
  return names.length === 0 ? 'Found no runner, no driver.' : `Found ${names.join(', ')}.`
}

function noRunner({ manifest }: Project): string {
  const where =
    manifest['workspaces'] === undefined
      ? ''
      : ' This folder is the root of workspaces: the runner may be in the package.json of one of them.'
  return (
    `No test runner was found in the dependencies and scripts of package.json.${where}\n\n` +
    'init knows Jest, Vitest and node:test by them, and has recipes for Mocha, Playwright, Bun and Japa.\n\n' +
    'If the project uses one of the first three, name it: npx pg-sandbox init --runner node-test'
  )
}

function missingPackage({ dependencies, addCommand }: Project): Step[] {
  if (dependencies.has('pg-sandbox')) return []
  return [note(`pg-sandbox is not among the dependencies yet. Install it:\n\n    ${addCommand} pg-sandbox`)]
}

function unreached({ libraries, addCommand }: Project): Step[] {
  const past = libraries.filter(({ reached, remedy }) => !reached && remedy === undefined)
  const notes = libraries.flatMap(({ name, remedy }) =>
    remedy === undefined ? [] : [note(`${name}: ${remedy}`)],
  )
  if (past.length > 0)
    notes.push(
      note(
        `${past.map(({ name }) => name).join(', ')}: these queries do not go through pg, so the hooks do not roll ` +
          'them back. See "What it works with" in the README of pg-sandbox.',
      ),
    )
  if (libraries.length === past.length)
    notes.push(
      note(
        'pg is not among the dependencies, nor anything that stands on it. pg-sandbox rolls back what is sent ' +
          `through pg. If the project uses it, add it: ${addCommand} pg`,
      ),
    )
  return notes
}

const MOVING =
  'pg-transactional-tests is installed. pg-sandbox takes the same hooks, so the set-up stays as it is; only the import changes:\n\n' +
  "    import { testTransaction } from 'pg-sandbox'\n\n" +
  'Then remove pg-transactional-tests: the two must not patch pg at the same time.'

function recipe({ name }: Runner): Step {
  return note(
    `${name}: init writes no file for it. See "Other runners" in the README of pg-sandbox for what to write.`,
  )
}

function runIt({ scripts }: Project, runners: readonly Runner[]): Step[] {
  const supported = runners.filter(({ id }) => SUPPORTED.includes(id))
  const commands = supported.map((runner) => {
    const name = Object.keys(scripts).find((key) => runner.script.test(scripts[key] ?? ''))
    if (name === undefined) return runner.command
    return name === 'test' ? 'npm test' : `npm run ${name}`
  })
  const unique = [...new Set(commands)]
  return unique.length === 0 ? [] : [note(`Then run the tests as ever: ${unique.join(', ')}`)]
}

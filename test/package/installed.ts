import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

const ROOT = path.join(__dirname, '..', '..')

/** The newest that run on Node 20; the package itself comes from the tarball. */
const BESIDE = { pg: '^8.23.1', jest: '^30.5.2', vitest: '~4.1.0' }

const INSTALL_LIMIT = 180_000
const RUN_LIMIT = 60_000

export type Installed = {
  /** The new folder, with the consumers in it. */
  folder: string
  tarball: string
  /** Runs a program there to its end; rejects with its output when it fails or does not exit by itself. */
  run(program: string, parameters: string[], env?: Record<string, string>): Promise<string>
  remove(): Promise<void>
}

/** Packs the package and installs it, as a user would, in a new folder beside `pg` and the runners. */
export async function packAndInstall(): Promise<Installed> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-package-'))
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, limit: INSTALL_LIMIT })
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'))
  if (!name) throw new Error('npm pack made no tarball')
  const dependencies = { 'pg-sandbox': `file:${name}`, ...BESIDE }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await execute('npm', ['install', ...options], { cwd: folder, limit: INSTALL_LIMIT })
  await cp(path.join(__dirname, 'consumers'), folder, { recursive: true })
  return {
    folder,
    tarball: path.join(folder, name),
    run: (program, parameters, env = {}) =>
      execute(program, parameters, { cwd: folder, limit: RUN_LIMIT, env }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
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

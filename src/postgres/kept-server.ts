import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pause } from '../clock/clock.ts'
import { type Account, accountForServer } from './account.ts'
import { createDatabase, exitOf, hasEnded, initialize, outputOf, type Run } from './cluster.ts'
import { versionOf } from './configuration.ts'
import { stoppedEarly } from './errors.ts'
import type { KeptServerOptions, RunningServer } from './keeper-protocol.ts'
import { findPrograms } from './programs.ts'
import { logFileIn, serve } from './serve.ts'
import { makeServerFolder } from './server-folder.ts'

const STOP_LIMIT = 10_000

/** One server and its folder. Whatever `start` has come to, `stop` leaves neither. */
export class KeptServer {
  /** What runs now: initdb, then postgres. */
  #running: ChildProcess | undefined
  #folder: string | undefined
  /** Settles when nothing is written to the folder any more. */
  #starting: Promise<RunningServer> | undefined
  #stopping: Promise<void> | undefined

  start(options: KeptServerOptions): Promise<RunningServer> {
    this.#starting = this.#start(options)
    return this.#starting
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#cleanUp()
    return this.#stopping
  }

  async #start({ binaries, settings, database }: KeptServerOptions): Promise<RunningServer> {
    const account = accountForServer()
    this.#folder = await makeServerFolder(account)
    const programs = await findPrograms(binaries, this.#folder)
    const run: Run = (program, parameters, log) =>
      this.#run(path.join(programs, program), parameters, account, log)
    const data = path.join(this.#folder, 'data')
    const logFile = logFileIn(this.#folder)
    await writeFile(logFile, '')
    const version = versionOf(await outputOf('postgres', run('postgres', ['--version'])))
    const password = randomBytes(24).toString('base64url')
    await initialize(run, data, account, password)
    await createDatabase(run, data, database)
    return { port: await serve(run, this.#folder, settings), password, logFile, version }
  }

  #run(program: string, parameters: readonly string[], account: Account, log?: number): ChildProcess {
    if (this.#stopping) throw stoppedEarly()
    // PGPORT, PGDATA and the like would win over what the configuration says.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')))
    const output = log ?? 'pipe'
    this.#running = spawn(program, parameters, {
      ...account,
      env: { ...env, LC_ALL: 'C' },
      cwd: '/',
      detached: true,
      stdio: [log === undefined ? 'pipe' : 'ignore', output, output],
    })
    return this.#running
  }

  async #cleanUp(): Promise<void> {
    const running = this.#running
    if (running?.pid !== undefined && !hasEnded(running)) {
      const ended = exitOf(running)
      // To postgres: leave at once, without a last checkpoint. initdb has children of its own, so the group.
      process.kill(-running.pid, 'SIGQUIT')
      await Promise.race([ended, pause(STOP_LIMIT)])
      if (!hasEnded(running)) process.kill(-running.pid, 'SIGKILL')
    }
    await this.#starting?.catch(() => {})
    if (this.#folder === undefined) return
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

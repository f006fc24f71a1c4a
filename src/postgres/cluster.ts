/** The data of a server, before it runs. */
import type { ChildProcess } from 'node:child_process'
import { chown, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { quoteIdentifier } from '../sql/quote.ts'
import type { Account } from './account.ts'
import { HOST_BASED_AUTHENTICATION } from './configuration.ts'
import { programFailed } from './errors.ts'

/** Starts one of PostgreSQL's programs with the server's account. */
export type Run = (program: string, parameters: readonly string[], log?: number) => ChildProcess

/** Makes the data, of which the superuser `postgres` has the password. */
export async function initialize(run: Run, data: string, account: Account, password: string): Promise<void> {
  const file = `${data}.password`
  await writePassword(file, account, password)
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${file}`]
  await outputOf(
    'initdb',
    run('initdb', ['-D', data, ...login, '--encoding=UTF8', '--no-locale', '--no-sync']),
  )
  await rm(file)
  await writeFile(path.join(data, 'pg_hba.conf'), HOST_BASED_AUTHENTICATION)
}

/** For initdb, since others see the parameters of a process: only the server's account may read the file. */
async function writePassword(file: string, { uid, gid }: Account, password: string): Promise<void> {
  await writeFile(file, password, { mode: 0o600, flag: 'wx' })
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid)
}

/**
 * In single-user mode, which needs no driver. That exits with 0 whatever the statement has come to, so its log is read;
 * the user's settings, which may silence it, come later.
 */
export async function createDatabase(run: Run, data: string, name: string): Promise<void> {
  if (name === 'postgres') return
  const backend = run('postgres', ['--single', '-F', '-D', data, 'postgres'])
  backend.stdin?.end(`CREATE DATABASE ${quoteIdentifier(name)}\n`)
  const output = await outputOf('postgres', backend)
  if (/ (?:ERROR|FATAL): /.test(output)) throw programFailed('postgres', output.trim())
}

/** What it has written by its end. */
export async function outputOf(name: string, program: ChildProcess): Promise<string> {
  let output = ''
  for (const stream of [program.stdout, program.stderr]) stream?.on('data', (chunk) => (output += chunk))
  // One that has ended already closes the pipe; its exit tells more than EPIPE does.
  program.stdin?.on('error', () => {}).end()
  const code = await exitOf(program)
  if (code !== 0) throw programFailed(name, output.trim())
  return output
}

/** Its exit code, or the signal that has ended it. */
export function exitOf(program: ChildProcess): Promise<number | string | null> {
  if (hasEnded(program)) return Promise.resolve(program.exitCode ?? program.signalCode)
  return new Promise((resolve, reject) => {
    program.once('error', reject)
    program.once('close', (code, signal) => resolve(code ?? signal))
  })
}

export function hasEnded(program: ChildProcess): boolean {
  return program.exitCode !== null || program.signalCode !== null
}

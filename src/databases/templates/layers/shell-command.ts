/** A layer that a command makes, such as that of a migration tool. */
import { spawn } from 'node:child_process'
import { environmentOf } from '../../server/process-environment.ts'
import type { DatabaseInTheMaking, Layer } from '../recipe.ts'
import { readFiles, textOf } from './read-files.ts'

export interface ShellCommandOptions {
  /** Files and folders that the command reads: when one of them changes, the template is made again. */
  readonly reads: readonly string[]
}

/** Characters of the command's output that an error shows, from the end. */
const SHOWN = 2000

/**
 * A layer that a shell command makes. It runs in the present folder, with `DATABASE_URL` and the `PG*` variables set to
 * the database.
 *
 * @example
 * shellCommand('npx prisma migrate deploy', { reads: ['prisma'] })
 */
export function shellCommand(command: string, { reads }: ShellCommandOptions): Layer {
  return {
    label: command,
    hash: async () => `${command}\0${textOf(await readFiles(reads))}`,
    apply: (database) => run(command, database),
  }
}

function run(command: string, { url, signal }: DatabaseInTheMaking): Promise<void> {
  const env = { ...process.env, ...environmentOf(url) }
  const child = spawn(command, { shell: true, signal, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-SHOWN)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, by) => {
      if (code === 0) resolve()
      else reject(new Error(`it ended with ${code ?? by} and said:\n${output.trim()}`))
    })
  })
}

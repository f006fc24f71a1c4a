/** Starts the processes in which programs run: with the sources of the package, without a build. */
import { type ChildProcess, fork, type ForkOptions } from 'node:child_process'
import path from 'node:path'

const ROOT = path.join(__dirname, '../..')

/**
 * @param use whose worker it is: scripts/programs-worker.cjs gives it the further `parameters`
 * @param stdio as of `fork`
 */
export function startWorker(
  use: 'differences' | 'faults',
  parameters: readonly string[] = [],
  stdio: ForkOptions['stdio'] = 'inherit',
): ChildProcess {
  // The options of Jest's own processes are not for these.
  const { NODE_OPTIONS: _, ...env } = process.env
  return fork(path.join(ROOT, 'scripts/programs-worker.cjs'), [use, ...parameters], {
    cwd: ROOT,
    env,
    // A fault may be that a client is collected as garbage.
    execArgv: ['--expose-gc'],
    stdio,
  })
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { SandboxError } from '../errors.ts'
import { keeperFailed } from './errors.ts'
import type { KeeperAnswer, KeptServerOptions, RunningServer } from './keeper-protocol.ts'

export interface Keeper {
  readonly ready: Promise<RunningServer>
  readonly stop: () => Promise<void>
}

/**
 * The keeper is a process beside this one that owns the server and its folder. It cleans up when the pipe to it closes,
 * which the system does however this process ends: `stop()`, a crash, Ctrl-C, `kill -9`. Nothing here keeps this process
 * alive.
 *
 * @param program the parameters of Node.js that run the keeper
 */
export function startKeeper(program: readonly string[], options: KeptServerOptions): Keeper {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [...program, JSON.stringify(options)], { detached: true, env })
  // A keeper that ended already closes the pipe; its exit tells more than EPIPE does.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    child.ref()
    child.stdin.end()
    await ended
  }
  return { ready: readAnswer(child).finally(() => letProcessExit(child)), stop }
}

function readAnswer(child: ChildProcessWithoutNullStreams): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    let answer = ''
    let errors = ''
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.stdout.on('data', (chunk) => {
      answer += chunk
      if (!answer.includes('\n')) return
      const given = JSON.parse(answer) as KeeperAnswer
      if (given.kind === 'running') resolve(given)
      else reject(failureOf(given))
    })
    child.once('error', (cause) => reject(keeperFailed(cause.message, { cause })))
    child.once('close', () => reject(keeperFailed(errors.trim())))
  })
}

function failureOf({ code, message }: Extract<KeeperAnswer, { kind: 'failed' }>): SandboxError {
  return code === undefined ? keeperFailed(message) : new SandboxError(code, message)
}

function letProcessExit(child: ChildProcessWithoutNullStreams): void {
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes are sockets, which their types do not tell.
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}

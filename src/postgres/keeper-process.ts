/**
 * Owns one PostgreSQL server and its folder, in a process of its own; see keeper.ts. Answers one line on its output when
 * the server is ready, and cleans up when its input closes.
 */
import { failureAnswer, type KeeperAnswer, type KeptServerOptions } from './keeper-protocol.ts'
import { KeptServer } from './kept-server.ts'

const server = new KeptServer()

function answer(text: KeeperAnswer): void {
  process.stdout.write(`${JSON.stringify(text)}\n`)
}

async function leave(code: number): Promise<void> {
  await server.stop().catch((error: unknown) => {
    process.stderr.write(`A folder of a test server could not be removed: ${String(error)}\n`)
    process.exitCode = 1
  })
  process.exit(process.exitCode ?? code)
}

async function main(options: KeptServerOptions): Promise<void> {
  process.stdin.resume().on('close', () => void leave(0))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void leave(0))
  // Who reads our output may be gone when we have something to say.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    answer({ kind: 'running', ...(await server.start(options)) })
  } catch (error) {
    answer(failureAnswer(error))
    await leave(1)
  }
}

void main(JSON.parse(process.argv[2] ?? '') as KeptServerOptions)

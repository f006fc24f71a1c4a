import { openSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { pause } from '../clock/clock.ts'
import { exitOf, hasEnded, type Run } from './cluster.ts'
import { configurationText, type Settings, settingsFor } from './configuration.ts'
import { notReady, programFailed } from './errors.ts'

const START_LIMIT = 60_000

/** A port that was free may be somebody else's when the server asks for it. */
const ATTEMPTS = 5

/**
 * Runs the server until it takes connections, and goes on running it.
 *
 * @returns its port
 * @throws {SandboxError} `PG_SANDBOX_POSTGRES_FAILED`
 */
export async function serve(run: Run, folder: string, given: Settings): Promise<number> {
  const data = path.join(folder, 'data')
  const log = logFileIn(folder)
  for (let attempt = 1; ; attempt += 1) {
    const port = Number(given['port'] ?? (await freePort()))
    const settings = settingsFor(folder, port, given)
    await writeFile(path.join(data, 'postgresql.auto.conf'), configurationText(settings))
    if (await isServing(run, data, log)) return port
    if (attempt === ATTEMPTS || given['port'] !== undefined)
      throw programFailed('postgres', (await readFile(log, 'utf8')).trim())
  }
}

export function logFileIn(folder: string): string {
  return path.join(folder, 'server.log')
}

/** False when the server has ended before it was ready. */
async function isServing(run: Run, data: string, log: string): Promise<boolean> {
  const server = run('postgres', ['-D', data], openSync(log, 'a'))
  void exitOf(server).catch(() => {})
  const limit = Date.now() + START_LIMIT
  while (!hasEnded(server)) {
    if (await isReady(data)) return true
    if (Date.now() > limit) throw notReady(START_LIMIT / 1000, (await readFile(log, 'utf8')).trim())
    await pause(20)
  }
  return false
}

/** The eighth line of postmaster.pid is the server's own word, where a port that answers may be another server's. */
async function isReady(data: string): Promise<boolean> {
  const lines = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  return lines.split('\n')[7]?.trim() === 'ready'
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })
}

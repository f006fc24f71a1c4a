/** A server that may be restarted, since it is ours alone. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from 'pg'
import { accountForServer } from '../../../src/postgres/account.ts'
import { until } from '../../support/until.ts'

const { startPostgres } = require('../../support/postgres.cjs')

const SETTINGS = { deadlock_timeout: '100ms', max_connections: '60' }

export interface FaultServer {
  readonly url: string
  readonly version: string
  readonly data: string
  stop(): Promise<void>
}

export async function startServer(): Promise<FaultServer> {
  const postgres = await startPostgres({ settings: SETTINGS })
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  const shown = await client.query<{ data_directory: string }>('show data_directory')
  await client.end()
  const data = shown.rows[0]?.data_directory ?? ''
  const stop = async (): Promise<void> => {
    // The keeper ends the server that it has started itself, but not one that came after it.
    await stopRunning(data)
    await postgres.stop()
  }
  return { url: postgres.url, version: postgres.version, data, stop }
}

/** Ends the server and starts it again on the same port; settles when it takes connections. */
export async function restartServer(data: string, mode: 'fast' | 'immediate'): Promise<void> {
  const program = /^\S+/.exec(await readFile(path.join(data, 'postmaster.opts'), 'utf8'))![0]
  const log = path.join(path.dirname(data), 'restarted.log')
  const options = ['restart', '-w', '-t', '30', '-m', mode, '-D', data, '-l', log]
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')))
  const child = spawn(path.join(path.dirname(program), 'pg_ctl'), options, {
    ...accountForServer(),
    env: { ...env, LC_ALL: 'C' },
    cwd: '/',
    stdio: 'ignore',
  })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`pg_ctl restart -m ${mode} has failed (${String(code)})`)
}

async function stopRunning(data: string): Promise<void> {
  const file = path.join(data, 'postmaster.pid')
  const lines = await readFile(file, 'utf8').catch(() => '')
  const pid = Number(lines.split('\n')[0])
  if (!(pid > 1)) return
  process.kill(pid, 'SIGQUIT')
  await until(() =>
    readFile(file).then(
      () => false,
      () => true,
    ),
  )
}

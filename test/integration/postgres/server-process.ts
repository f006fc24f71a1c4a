/** A process that starts a server and goes on, in a temporary folder of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

const SUPPORT = path.join(__dirname, '..', '..', 'support')

/** Where the server's user may enter, too. */
export async function openFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-test-'))
  await chmod(folder, 0o755)
  return folder
}

/** Starts it; settles before the server runs. */
export function startProcess(temporaryFolder: string): ChildProcessWithoutNullStreams {
  const { NODE_OPTIONS: _, PG_SANDBOX_TEST_URL: _url, ...env } = process.env
  const script = `
    const { startPostgres } = require(${JSON.stringify(path.join(SUPPORT, 'postgres.cjs'))})
    startPostgres().then(({ url }) => { console.log(url); setInterval(() => {}, 1000) })`
  return spawn(process.execPath, ['-r', path.join(SUPPORT, 'register-typescript.cjs'), '-e', script], {
    env: { ...env, TMPDIR: temporaryFolder },
  })
}

/** The port of its server, as soon as that runs. */
export async function portOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  const [url] = (await once(child.stdout, 'data')) as [Buffer]
  return Number(new URL(url.toString()).port)
}

/** The folders of servers. */
export async function serverFolders(temporaryFolder: string): Promise<string[]> {
  return (await readdir(temporaryFolder)).map((name) => path.join(temporaryFolder, name))
}

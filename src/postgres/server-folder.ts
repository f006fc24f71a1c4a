/** The temporary folder of a server: its programs, data, socket and log. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Account } from './account.ts'
import { noTemporaryFolder } from './errors.ts'

/** Short, since the path of a Unix socket may have 103 bytes on some systems. */
const HOST = createHash('sha256').update(os.hostname()).digest('hex').slice(0, 6)

/**
 * Makes the folder, named after the process that answers for it, and removes those whose process is gone.
 *
 * @throws {SandboxError} `PG_SANDBOX_NO_POSTGRES` where no folder is open to the account
 */
export async function makeServerFolder(account: Account): Promise<string> {
  const parents = [...new Set([os.tmpdir(), '/tmp', '/var/tmp'])]
  const parent = parents.find((each) => account.uid === undefined || isOpen(each))
  if (parent === undefined) throw noTemporaryFolder(parents.join(', '))
  await removeLeftovers(parent)
  const folder = await mkdtemp(path.join(parent, `pg-sandbox-${HOST}-${process.pid}-`))
  if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid)
  return folder
}

/** Whether any user may enter it: each folder on the way needs the execute bit for others. */
function isOpen(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o001) !== 0 && (folder === path.dirname(folder) || isOpen(path.dirname(folder)))
}

/**
 * A server whose keeper was killed runs on. It looks for its `postmaster.pid` once a minute and ends when that is gone,
 * so nobody has to guess whose process a number is. https://www.postgresql.org/docs/current/app-postgres.html
 */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const keeper = keeperOf(name, HOST)
    if (keeper === undefined || isAlive(keeper)) continue
    // One that belongs to another user stays for that user's next run.
    await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => {})
  }
}

/** The process that a folder of this machine is named after; a container that shares `/tmp` has a name of its own. */
export function keeperOf(folder: string, host: string): number | undefined {
  const [, machine, pid] = /^pg-sandbox-([0-9a-f]{6})-(\d+)-\w{6}$/.exec(folder) ?? []
  return machine === host ? Number(pid) : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

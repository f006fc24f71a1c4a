import { execFileSync } from 'node:child_process'
import { noAccount } from './errors.ts'

/** For spawn(); empty: our own. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

/**
 * PostgreSQL refuses to run as root; as root, the server runs as `postgres` or, without one, as `nobody`.
 *
 * @throws {SandboxError} `PG_SANDBOX_NO_POSTGRES` where there is neither
 */
export function accountForServer(): Account {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(idOf(name, flag)))
    if (uid && gid) return { uid, gid }
  }
  throw noAccount()
}

function idOf(name: string, flag: string): string {
  try {
    return execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch {
    return ''
  }
}

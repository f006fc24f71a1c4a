/** How long a rollback waits for the unit that is still running. */
import type { Link } from './link.ts'
import type { SandboxOptions } from './options.ts'
import { clearTimeout, setTimeout } from './timers.ts'

/**
 * After `rollbackTimeout` what runs is stopped: the server is asked to cancel it, and told that no more rows come where
 * it reads them. After as long again the connection is closed, or no longer waited for where it is still being opened.
 *
 * @returns ends the limit
 */
export function limitRunning(link: Link, { rollbackTimeout }: SandboxOptions): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(() => link.giveUp(), rollbackTimeout)
    link.pinned?.stop()
  }, rollbackTimeout)
  return () => clearTimeout(timer)
}

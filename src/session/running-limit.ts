/** How long a rollback waits for the unit that is still running. */
import type { Link } from './link.ts'
import type { SandboxOptions } from './options.ts'
import { clearTimeout, setTimeout } from './timers.ts'

/**
 * After `rollbackTimeout` the server is asked to cancel what runs; after as long again the connection is closed.
 *
 * @returns ends the limit
 */
export function limitRunning(link: Pick<Link, 'pinned'>, { rollbackTimeout }: SandboxOptions): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(() => link.pinned?.destroy(), rollbackTimeout)
    link.pinned?.cancel()
  }, rollbackTimeout)
  return () => clearTimeout(timer)
}

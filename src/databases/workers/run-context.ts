/** What the global set-up of a run tells its workers, through the environment that they inherit. */
import type { Environment } from '../naming/maker.ts'
import type { WorkerTemplate } from './claim.ts'

export interface RunContext {
  /** The server's, with any database. */
  readonly url: string
  /** The project's folder: workers may be started in another. */
  readonly folder: string
  readonly template: WorkerTemplate
}

export const CONTEXT_VARIABLE = 'PG_SANDBOX_WORKERS'

export function readContext(env: Environment): RunContext | undefined {
  const text = env[CONTEXT_VARIABLE]
  return text ? (JSON.parse(text) as RunContext) : undefined
}

/**
 * The shard's number, as Jest and Vitest tell it to a global set-up.
 *
 * @param given what the runner has called it with: a configuration, or a project that has one
 */
export function shardOf(given: unknown): string | undefined {
  const { shard, config } = (given ?? {}) as {
    readonly shard?: { readonly shardIndex?: number }
    readonly config?: { readonly shard?: { readonly index?: number } }
  }
  const number = shard?.shardIndex ?? config?.shard?.index
  return number === undefined ? undefined : String(number)
}

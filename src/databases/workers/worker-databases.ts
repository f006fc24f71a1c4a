/** The global set-up of a suite: makes the template, and tells the workers of it through the environment. */
import { randomUUID } from 'node:crypto'
import { noServer } from '../errors.ts'
import { makerOf } from '../naming/maker.ts'
import type { ReleaseServer } from '../server/admin-connection.ts'
import { databaseUrl } from '../server/database-url.ts'
import { Server } from '../server/server.ts'
import { nameOfRecipe, type Recipe } from '../templates/recipe.ts'
import { ensureTemplate, type TemplateOptions } from '../templates/template.ts'
import { sweepWorkers } from './claim.ts'
import { CONTEXT_VARIABLE, type RunContext, shardOf } from './run-context.ts'

/** For `globalSetup` of Jest and Vitest. What it gives ends the run; Jest does not call that, and its process does it. */
export type GlobalSetup = (runner?: unknown) => Promise<() => Promise<void>>

/** Ends the earlier run: in the watch mode, one process has many. */
let endEarlier: ReleaseServer | undefined

/**
 * The global set-up of a suite whose workers have a database each. It makes the template that the recipe describes, or finds
 * it made; each worker then takes its database with {@link useWorkerDatabase}, or the set-up file
 * `pg-sandbox/workers/setup`. The server is the one that the environment names, see `databaseUrl`.
 *
 * A database is used again by a later run when the recipe has not changed and nobody has committed anything in it. The
 * server itself keeps account of it all, so shards on several machines can share one.
 *
 * @param recipe the layers of the template
 * @param options default: the template may take five minutes, and is copied in the fastest way
 * @returns throws `SandboxError` when it is called: `PG_SANDBOX_NO_SERVER`; those of `ensureTemplate`
 *
 * @example
 * // jest-global-setup.ts
 * export default workerDatabases({ layers: [shellCommand('npm run migrate', { reads: ['migrations'] })] })
 */
export function workerDatabases(recipe: Recipe, options?: TemplateOptions): GlobalSetup {
  return async (runner) => {
    await endEarlier?.()
    const url = databaseUrl(process.env)
    if (url === undefined) throw noServer()
    process.env['PG_SANDBOX_RUN'] = randomUUID()
    const shard = shardOf(runner)
    if (shard !== undefined) process.env['PG_SANDBOX_SHARD'] ??= shard
    const folder = process.cwd()
    const server = Server.of(url, makerOf(process.env, folder))
    const { release, ...template } = await ensureTemplate(server, recipe, options)
    endEarlier = release
    const context: RunContext = { url, folder, template: { ...template, recipe: nameOfRecipe(recipe) } }
    await sweepWorkers(server, context.template)
    process.env[CONTEXT_VARIABLE] = JSON.stringify(context)
    return release
  }
}

/** Gives a worker its database, in a set-up file: one that {@link workerDatabases} has a template for, or of a recipe. */
import { noServer, noWorkerDatabases } from '../errors.ts'
import { makerOf } from '../naming/maker.ts'
import { databaseUrl } from '../server/database-url.ts'
import { environmentOf } from '../server/process-environment.ts'
import { Server } from '../server/server.ts'
import { nameOfRecipe, type Recipe } from '../templates/recipe.ts'
import { ensureTemplate, type TemplateOptions } from '../templates/template.ts'
import { claimDatabase, sweepWorkers } from './claim.ts'
import { readContext } from './run-context.ts'

export interface WorkerDatabase {
  readonly name: string
  /** A connection string. */
  readonly url: string
}

/**
 * Gives this worker its own database, and leads the application there by `DATABASE_URL` and the variables of libpq. Call it
 * before the application reads them, in a set-up file. Call it as often as you like: a worker keeps its database.
 *
 * A worker is told by `JEST_WORKER_ID` or `VITEST_POOL_ID`, or by `PG_SANDBOX_WORKER` where the runner has a number of its
 * own; a process without a number is a worker by itself.
 *
 * @param recipe the layers of the template, where there is no global set-up: in node:test, Mocha and others.
 *   Default: that of {@link workerDatabases}, which comes first
 * @param options default: the template may take five minutes, and is copied in the fastest way
 * @throws {SandboxError} `PG_SANDBOX_NO_WORKER_DATABASES` with neither; `PG_SANDBOX_NO_SERVER`; those of `ensureTemplate`
 *
 * @example
 * // node --import ./node-test-setup.mjs --test
 * import { sqlFiles, useWorkerDatabase } from 'pg-sandbox/workers'
 * await useWorkerDatabase({ layers: [sqlFiles('migrations')] })
 */
export async function useWorkerDatabase(recipe?: Recipe, options?: TemplateOptions): Promise<WorkerDatabase> {
  const context = readContext(process.env)
  if (context !== undefined) {
    const server = Server.of(context.url, makerOf(process.env, context.folder))
    return lead(server, await claimDatabase(server, context.template))
  }
  if (recipe === undefined) throw noWorkerDatabases()
  const url = databaseUrl(process.env)
  if (url === undefined) throw noServer()
  const server = Server.of(url)
  // Never released: this process is a run of its own, which lasts as long as it does.
  server.keepOpen()
  const template = { ...(await ensureTemplate(server, recipe, options)), recipe: nameOfRecipe(recipe) }
  try {
    await sweepWorkers(server, template)
    return lead(server, await claimDatabase(server, template))
  } finally {
    await template.release()
  }
}

function lead(server: Server, name: string): WorkerDatabase {
  const url = server.url(name)
  Object.assign(process.env, environmentOf(url))
  // It would come before DATABASE_URL.
  if (process.env['TEST_DB_NAME']) process.env['TEST_DB_NAME'] = name
  return { name, url }
}

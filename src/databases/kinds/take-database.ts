/** Takes a database for a test: for each recipe, this process has one template, and a pool of clones made ahead. */
import { ClonePool } from '../clones/clone-pool.ts'
import { onDropDatabases } from '../drop-databases.ts'
import { serverAt } from '../server/server-at.ts'
import type { Server } from '../server/server.ts'
import { hashOf, type Recipe } from '../templates/recipe.ts'
import { ensureTemplate, type TemplateOptions } from '../templates/template.ts'
import { testDatabase, type TestDatabase } from './test-database.ts'

export interface MakeOptions extends TemplateOptions {
  /** Of any database on the server. Default: what the environment names, see `databaseUrl`. */
  readonly url?: string | undefined
}

export interface TakeOptions extends MakeOptions {
  /** Stands at the end of the names. */
  readonly suffix?: string | undefined
}

const pools = new Map<string, Promise<ClonePool>>()

/** A database that nobody has used. The first of a recipe is made while the test waits, the next are usually ready. */
export async function takeDatabase(recipe: Recipe, options: TakeOptions): Promise<TestDatabase> {
  const server = serverAt(options.url)
  const key = JSON.stringify([server.url(''), options.suffix, await hashOf(recipe)])
  const pool = await (pools.get(key) ?? startPool(key, server, recipe, options))
  const clone = await pool.take()
  return testDatabase(clone.url, () => pool.release(clone))
}

function startPool(key: string, server: Server, recipe: Recipe, options: TakeOptions): Promise<ClonePool> {
  const forget = (): boolean => pools.delete(key)
  const starting = poolOf(server, recipe, options, forget)
  pools.set(key, starting)
  // Whoever asks next finds out whether it fails still.
  starting.catch(forget)
  return starting
}

async function poolOf(
  server: Server,
  recipe: Recipe,
  { suffix, ...options }: TakeOptions,
  forget: () => void,
): Promise<ClonePool> {
  const template = await ensureTemplate(server, recipe, options)
  const pool = new ClonePool(server, template, { suffix })
  onDropDatabases(async () => {
    forget()
    try {
      await pool.end()
    } finally {
      await template.release()
    }
  })
  return pool
}

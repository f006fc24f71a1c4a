/** Where the databases of this process come from: for each recipe a template, and clones of it made ahead. */
import { ClonePool } from '../clones/clone-pool.ts'
import { beforeTheEnd } from '../drop-databases.ts'
import { hashOf, type Recipe } from '../templates/recipe.ts'
import type { Server } from '../server/server.ts'
import { serverAt } from '../server/server-at.ts'
import { ensureTemplate, type TemplateOptions } from '../templates/template.ts'
import { testDatabase, type TestDatabase } from './test-database.ts'

export interface MakeOptions extends TemplateOptions {
  /** Of any database on the server. Default: what the environment names, see `databaseUrl`. */
  readonly url?: string | undefined
}

export interface SourceOptions extends MakeOptions {
  /** Stands at the end of the names. */
  readonly suffix?: string | undefined
}

const sources = new Map<string, Promise<ClonePool>>()

/** One that nobody has used: from the second on, it is usually ready. */
export async function takeDatabase(recipe: Recipe, options: SourceOptions): Promise<TestDatabase> {
  const server = serverAt(options.url)
  const key = JSON.stringify([server.url(''), options.suffix, await hashOf(recipe)])
  const pool = await (sources.get(key) ?? begin(key, server, recipe, options))
  const clone = await pool.take()
  return testDatabase(clone.url, () => pool.release(clone))
}

function begin(key: string, server: Server, recipe: Recipe, options: SourceOptions): Promise<ClonePool> {
  const forget = (): boolean => sources.delete(key)
  const beginning = poolOf(server, recipe, options, forget)
  sources.set(key, beginning)
  // Whoever asks next finds out whether it fails still.
  beginning.catch(forget)
  return beginning
}

async function poolOf(
  server: Server,
  recipe: Recipe,
  { suffix, ...options }: SourceOptions,
  forget: () => void,
): Promise<ClonePool> {
  const template = await ensureTemplate(server, recipe, options)
  const pool = new ClonePool(server, template, { suffix })
  beforeTheEnd(async () => {
    forget()
    try {
      await pool.end()
    } finally {
      await template.release()
    }
  })
  return pool
}

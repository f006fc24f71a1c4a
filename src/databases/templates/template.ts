/**
 * Templates: databases made once for all that are cloned from them.
 *
 * The room is how a recipe becomes a template: its layers and their hash, the build under a lock, and the sweep of what runs
 * that are gone have left. Kinds and workers call `ensureTemplate`, clone pools call the sweep. Without the room, every
 * process would run the migrations for itself, and databases of killed runs would stay on the server for ever.
 */
import { lockOf } from '../naming/advisory-lock.ts'
import { nameOf } from '../naming/database-names.ts'
import type { CopyStrategy } from '../naming/mark.ts'
import type { ReleaseServer } from '../server/admin-connection.ts'
import type { Server } from '../server/server.ts'
import { buildTemplate, findTemplate, type TemplateBuild } from './build-template.ts'
import { DEFAULT_BASE, hashOf, nameOfRecipe, type Recipe } from './recipe.ts'
import { sweepOnce, sweepTemplates } from './sweep.ts'

export interface Template {
  readonly name: string
  readonly hash: string
  /** How it is copied fastest; undefined for what the server does by itself. */
  readonly strategy: CopyStrategy | undefined
  /** Until it is called, no run drops the template, also when the recipe has changed, and the server's connection stays open. */
  readonly release: ReleaseServer
}

export interface TemplateOptions {
  /** Milliseconds to make it, and to wait for another process that makes it. Default: 300000. */
  readonly limit?: number | undefined
  /** How it is to be copied. Default: the fastest way, which is measured once and remembered. */
  readonly strategy?: CopyStrategy | undefined
}

const LIMIT = 300_000

/**
 * The template of a recipe: made, once for all processes that ask for it on any machine, when there is none for what
 * the recipe says now. Templates of earlier versions are dropped once nobody uses them.
 *
 * @throws {SandboxError} `PG_SANDBOX_TEMPLATE_FAILED` when a layer fails; `PG_SANDBOX_TEMPLATE_LIMIT`;
 *   `PG_SANDBOX_DATABASE_IN_USE` when a layer leaves sessions open; `PG_SANDBOX_NO_CREATEDB`
 *
 * @example
 * const template = await ensureTemplate(server, { layers: [sqlFiles('migrations')] })
 * const pool = new ClonePool(server, template)
 */
export async function ensureTemplate(
  server: Server,
  recipe: Recipe,
  options: TemplateOptions = {},
): Promise<Template> {
  const { strategy } = options
  const hash = await hashOf(recipe)
  const name = nameOf({ project: server.maker.project, purpose: 'template', key: hash })
  // Taken before it is looked for, so that nobody drops it in between.
  const release = await server.share(lockOf('use', name))
  try {
    await sweepOnce(server)
    const mark = (await findTemplate(server, name)) ?? (await build(server, { name, hash, recipe }, options))
    await sweepTemplates(server, nameOfRecipe(recipe), name)
    return { name, hash, strategy: strategy ?? mark.copy?.strategy, release }
  } catch (error) {
    await release()
    throw error
  }
}

async function build(
  server: Server,
  wanted: Pick<TemplateBuild, 'name' | 'hash' | 'recipe'>,
  options: TemplateOptions,
): ReturnType<typeof buildTemplate> {
  const { from = DEFAULT_BASE } = wanted.recipe
  const { limit = LIMIT, strategy } = options
  const measures = strategy === undefined
  if (typeof from === 'string') return buildTemplate(server, { ...wanted, from, limit, measures })
  const base = await ensureTemplate(server, from, options)
  try {
    return await buildTemplate(server, { ...wanted, from: base.name, limit, measures })
  } finally {
    await base.release()
  }
}

/**
 * The build of a template: alone under a lock, under another name until the last step, so that whoever finds the name finds
 * a finished template. `ensureTemplate` calls it.
 */
import { randomBytes } from 'node:crypto'
import { quoteIdentifier } from '../../sql/quote.ts'
import { inUse, templateLimit } from '../errors.ts'
import { argumentsOf, lockOf } from '../naming/advisory-lock.ts'
import { nameOf, readName } from '../naming/database-names.ts'
import type { Mark } from '../naming/mark.ts'
import { measureCopy } from '../server/measure-copy.ts'
import { sessionsThatStay } from '../server/open-sessions.ts'
import type { Server } from '../server/server.ts'
import { within } from '../../clock/clock.ts'
import { applyLayers } from './apply-layers.ts'
import { nameOfRecipe, type Recipe } from './recipe.ts'

export interface TemplateBuild {
  /** Of the finished template. */
  readonly name: string
  readonly hash: string
  readonly recipe: Recipe
  /** The database that the layers find. */
  readonly from: string
  /** Milliseconds. */
  readonly limit: number
  /** Is the fastest way to copy it to be found out? */
  readonly measures: boolean
}

/**
 * The mark of a finished template, which is set together with its name as the last step of a build; undefined when there is
 * no such template.
 */
export async function findTemplate(server: Server, name: string): Promise<Pick<Mark, 'copy'> | undefined> {
  const found = (await server.databases()).find((database) => database.name === name)
  return found?.mark?.state === 'ready' ? found.mark : undefined
}

/** Builds the template, or waits for another process that does. */
export async function buildTemplate(server: Server, build: TemplateBuild): Promise<Pick<Mark, 'copy'>> {
  // The connection that holds the lock also creates the database: if this process is killed, the next one waits
  // until the server is done with what it was told last.
  const builder = server.apart()
  const release = builder.keepOpen()
  try {
    await lockBuild(builder, build)
    return (await findTemplate(builder, build.name)) ?? (await buildAlone(builder, build))
  } finally {
    await release()
  }
}

async function lockBuild(builder: Server, { name, limit }: TemplateBuild): Promise<void> {
  await builder.query(`SET lock_timeout = ${Math.ceil(limit)}`)
  try {
    await builder.query(`SELECT pg_catalog.pg_advisory_lock(${argumentsOf(lockOf('build', name))})`)
  } catch (error) {
    const isLate = (error as { code?: unknown }).code === '55P03'
    throw isLate ? templateLimit(name, limit, await builderOf(builder, name)) : error
  }
  await builder.query('SET lock_timeout = 0')
}

async function builderOf(server: Server, name: string): Promise<string | undefined> {
  const found = (await unfinished(server, name)).at(0)?.mark
  return found && `process ${found.pid} on ${found.host} since ${found.at}`
}

async function unfinished(server: Server, template: string): ReturnType<Server['databases']> {
  const { key } = readName(template)!
  return (await server.databases()).filter(({ name }) => {
    const read = readName(name)
    return read?.purpose === 'building' && read.key === key
  })
}

async function buildAlone(builder: Server, build: TemplateBuild): Promise<Pick<Mark, 'copy'>> {
  const { hash, recipe, from, limit, name } = build
  for (const left of await unfinished(builder, name)) await builder.dropDatabase(left.name)
  await builder.dropDatabase(name) // One whose mark somebody has removed.
  const attempt = randomBytes(3).toString('hex')
  const building = nameOf({ project: builder.maker.project, purpose: 'building', run: attempt, key: hash })
  await builder.createDatabase(building, {
    from,
    mark: { purpose: 'building', state: 'building', hash, recipe: nameOfRecipe(recipe) },
  })
  const patience = new AbortController()
  try {
    const applied = applyLayers(builder, building, recipe.layers, patience.signal)
    await within(limit, applied, () => templateLimit(name, limit, `this process, ${process.pid}`))
    return await finish(builder, build, building)
  } catch (error) {
    patience.abort()
    await builder.dropDatabase(building).catch(() => {}) // The next run sweeps it.
    throw error
  }
}

/** Mark and name change in one transaction: there is no moment at which it could be taken for what it is not. */
async function finish(builder: Server, build: TemplateBuild, building: string): Promise<Pick<Mark, 'copy'>> {
  const { name, hash, recipe, measures } = build
  const sessions = await sessionsThatStay(builder, building)
  if (sessions.length > 0) throw inUse(building, sessions)
  const copy = measures ? await measureCopy(builder, building) : undefined
  const mark = { purpose: 'template', state: 'ready', hash, recipe: nameOfRecipe(recipe), copy } as const
  await builder.query(
    `ALTER DATABASE ${quoteIdentifier(building)} RENAME TO ${quoteIdentifier(name)};
     ALTER DATABASE ${quoteIdentifier(name)} ALLOW_CONNECTIONS false;
     ${builder.markSql(name, mark)}`,
  )
  return mark
}

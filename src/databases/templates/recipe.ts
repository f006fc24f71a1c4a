/** What a template is made from, and the hash that stands in its name, so that a changed recipe makes a new template. */
import { createHash } from 'node:crypto'

/** A database that is being made, open to the layers of a recipe. */
export interface DatabaseInTheMaking {
  readonly name: string
  /** For clients, and for other processes: `DATABASE_URL`. */
  readonly url: string
  /** Aborted when the layer has taken too long. */
  readonly signal: AbortSignal
  /**
   * Runs SQL in it, any number of statements, on a connection of its own: several are one transaction.
   *
   * @param label what a person calls it, in the message of an error; default: the layer's
   */
  run(sql: string, label?: string): Promise<void>
}

/** One thing after another of which a database is made: tables, rows, whatever a function does. */
export interface Layer {
  /** What a person calls it, in messages. */
  readonly label: string
  /** The same when it would make the same, and only then. */
  hash(): string | Promise<string>
  /** Leaves no session open in the database. */
  apply(database: DatabaseInTheMaking): Promise<void>
}

export interface Recipe {
  /** Tells the recipes of a project apart: a changed one replaces the templates of its name. Default: `main`. */
  readonly name?: string | undefined
  /**
   * What the layers find: a database in which no session may be open, or a recipe, whose template is made first and kept.
   * Default: `template0`, which is the same on all servers and has no sessions; `template1` where the server's own
   * additions to it are needed.
   */
  readonly from?: string | Recipe | undefined
  /** In the order in which they are applied. */
  readonly layers: readonly Layer[]
}

/** What CREATE DATABASE copies by itself. */
export const DEFAULT_BASE = 'template0'

export function nameOfRecipe({ name }: Recipe): string {
  return name ?? 'main'
}

/** The hash of what a recipe makes: sixteen hexadecimal digits. */
export async function hashOf(recipe: Recipe): Promise<string> {
  const { from = DEFAULT_BASE, layers } = recipe
  const base = typeof from === 'string' ? from : await hashOf(from)
  const hash = createHash('sha256').update(`${nameOfRecipe(recipe)}\0${base}\0`)
  for (const layer of layers) hash.update(await layer.hash()).update('\0')
  return hash.digest('hex').slice(0, 16)
}

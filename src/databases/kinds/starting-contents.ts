/** What a test's database contains when the test starts, and the recipe for it. Each kind is made from such contents. */
import { layers } from '../templates/layers/layers.ts'
import { schemaFirst } from '../templates/layers/schema-first.ts'
import type { Layer, Recipe } from '../templates/recipe.ts'

export interface Tables {
  /** What makes the tables, in order. */
  readonly tables: readonly Layer[]
}

export interface Data extends Tables {
  /** What makes the rows, after the tables. When it changes, the tables are not made again. */
  readonly data: readonly Layer[]
}

export interface Schema extends Partial<Data> {
  /** Is made, and stands first in the search path of all who connect, before `public`. */
  readonly schema: string
}

/** What a database of any kind is made from. */
export type Contents = Partial<Schema>

/** @example recipeOf({ tables: [sqlFiles('migrations')], data: [sqlFiles('test/seed.sql')] }) */
export function recipeOf({ schema, tables = [], data = [] }: Contents): Recipe {
  const before = [...(schema === undefined ? [] : [schemaFirst(schema)]), ...tables]
  const base = before.length === 0 ? layers([], 'blank') : layers(before)
  return data.length === 0 ? base : { ...layers(data), from: base }
}

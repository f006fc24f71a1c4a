/** Layers in order, as a recipe. */
import type { Layer, Recipe } from '../recipe.ts'

/** A place between layers; see {@link checkpoint}. */
export interface Checkpoint {
  /** Tells the checkpoints of a project apart. */
  readonly checkpoint: string
}

/**
 * Keeps what the layers before it have made, as a template of its own. When a layer after it changes, those before it are
 * not applied again.
 *
 * @param name a changed recipe replaces the checkpoint of its name, so take another for each
 *
 * @example
 * layers([sqlFiles('migrations'), checkpoint('migrated'), madeBy('7', threeCustomers)])
 */
export function checkpoint(name: string): Checkpoint {
  return { checkpoint: name }
}

/**
 * What a template is made from: layers, applied in this order to an empty database.
 *
 * @param name see {@link Recipe}. Default: what the layers after the last checkpoint are called
 *
 * @example
 * export default workerDatabases(layers([sqlFiles('migrations'), checkpoint('migrated'), sqlFiles('test/seed.sql')]))
 */
export function layers(given: readonly (Layer | Checkpoint)[], name?: string): Recipe {
  const at = given.findLastIndex(isCheckpoint)
  const afterwards = given.slice(at + 1).filter(isLayer)
  const recipe = { name: name ?? afterwards.map(({ label }) => label).join(', '), layers: afterwards }
  const last = given[at]
  if (last === undefined || isLayer(last)) return recipe
  return { ...recipe, from: layers(given.slice(0, at), last.checkpoint) }
}

function isLayer(item: Layer | Checkpoint): item is Layer {
  return !isCheckpoint(item)
}

function isCheckpoint(item: Layer | Checkpoint): item is Checkpoint {
  return 'checkpoint' in item
}

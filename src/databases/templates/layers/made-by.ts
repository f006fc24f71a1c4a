/** A layer that a function makes. */
import type { DatabaseInTheMaking, Layer } from '../recipe.ts'

/**
 * A layer that a function makes, through the application itself for instance. What it calls cannot be known: give it
 * another version whenever it would make something else.
 *
 * @param version any text
 * @param make is given the database; must end the clients and pools that it opens
 *
 * @example
 * madeBy('3', async ({ url }) => {
 *   const pool = new Pool({ connectionString: url })
 *   await migrate(pool)
 *   await pool.end()
 * })
 */
export function madeBy(version: string, make: (database: DatabaseInTheMaking) => Promise<void>): Layer {
  return { label: make.name || `version ${version}`, hash: () => version, apply: make }
}

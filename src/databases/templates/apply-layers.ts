/** The layers of a recipe, applied to a new database, and their failures explained. The build of a template calls it. */
import { SandboxError } from '../../errors.ts'
import { templateFailed } from '../errors.ts'
import { onDatabase } from '../server/address.ts'
import { connect } from '../server/queryable.ts'
import type { Server } from '../server/server.ts'
import type { DatabaseInTheMaking, Layer } from './recipe.ts'

/** @param signal tells the layers that nobody waits any more */
export async function applyLayers(
  server: Server,
  name: string,
  layers: readonly Layer[],
  signal: AbortSignal,
): Promise<void> {
  for (const layer of layers) {
    try {
      await layer.apply(databaseFor(server, name, layer, signal))
    } catch (error) {
      throw error instanceof SandboxError ? error : templateFailed(layer.label, undefined, error)
    }
  }
}

function databaseFor(server: Server, name: string, layer: Layer, signal: AbortSignal): DatabaseInTheMaking {
  return {
    name,
    url: server.url(name),
    signal,
    async run(sql, label = layer.label) {
      // One for each: what a dump sets, such as an empty search_path, ends with it.
      const connection = await connect(onDatabase(server.address, name))
      try {
        await connection.query(sql)
      } catch (error) {
        throw templateFailed(label, lineOf(sql, error), error)
      } finally {
        await connection.end()
      }
    },
  }
}

/** The line that the server's error points at. */
function lineOf(sql: string, error: unknown): number | undefined {
  const { position } = error as { position?: string }
  if (position === undefined) return undefined
  // The server counts characters, of which some are two to JavaScript.
  const before = Array.from(sql).slice(0, Number(position) - 1)
  return 1 + before.filter((character) => character === '\n').length
}

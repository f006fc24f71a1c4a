/** A layer of fixture files. */
import { fixtureRequest, textOfFixtures } from '../../../fixtures/file-request.ts'
import type { LoadOptions } from '../../../fixtures/loading-options.ts'
import { runLoad } from '../../../fixtures/loading/loader.ts'
import { connect } from '../../server/queryable.ts'
import type { Layer } from '../recipe.ts'

/**
 * A layer of rows from the YAML files of a folder, with those that they inherit: see `pg-sandbox/fixtures`.
 *
 * @param folder from the present folder
 * @param names of files in it, without extension
 *
 * @example
 * layers([sqlFiles('migrations'), fixtureFiles('test/fixtures', ['base'])])
 */
export function fixtureFiles(folder: string, names: readonly string[], options: LoadOptions = {}): Layer {
  return {
    label: `${folder}: ${names.join(', ')}`,
    hash: () => JSON.stringify([textOfFixtures(folder, names), options]),
    async apply({ url }) {
      const connection = await connect(url)
      try {
        await runLoad(connection, fixtureRequest(folder, names, options))
      } finally {
        await connection.end()
      }
    },
  }
}

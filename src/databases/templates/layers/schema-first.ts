/** A layer that puts a schema first in the search path. */
import { quoteIdentifier } from '../../../sql/quote.ts'
import type { Layer } from '../recipe.ts'

/**
 * A layer that makes a schema, and puts it first in the search path of whoever connects to the database; `public` comes
 * second. Tables of the layers after it are made there, unless they name another schema.
 *
 * @param schema its name, unquoted
 *
 * @example
 * layers([schemaFirst('billing'), sqlFiles('billing/migrations')])
 */
export function schemaFirst(schema: string): Layer {
  const quoted = quoteIdentifier(schema)
  return {
    label: `schema ${schema}`,
    hash: () => `schema\0${schema}`,
    // A setting of the database, since not every driver can be given one.
    apply: (database) =>
      database.run(
        `CREATE SCHEMA IF NOT EXISTS ${quoted};
         ALTER DATABASE ${quoteIdentifier(database.name)} SET search_path = ${quoted}, public`,
      ),
  }
}

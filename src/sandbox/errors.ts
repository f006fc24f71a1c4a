/** The errors that this room alone tells: their texts, one factory each. */
import { fields } from '../errors.ts'
import { excerpt } from '../excerpt.ts'
import type { Fields } from '../protocol/fields.ts'

/** @param startedAt the application's frames, one a line, where the deeper level was opened */
export function overtaken(sql: string, startedAt: string): Fields {
  return fields(
    'PG_SANDBOX_OVERTAKEN',
    `A query was called before start() had opened a deeper level, came after that level had written, and has not been ` +
      `run: ${excerpt(sql)}\n\n` +
      'What it writes would be rolled back with the deeper level, although it belongs to the one around. Usually the ' +
      'promise of a query in beforeAll, or before testTransaction.start(), was not awaited.\n\n' +
      'Await the query before the deeper level is opened.\n\n' +
      `The deeper level was opened here:\n${startedAt}`,
  )
}

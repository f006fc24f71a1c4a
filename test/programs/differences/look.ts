import type { Statement } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { ANY_ROWS_QUERY, ROWS_QUERY } from './schema.ts'

/** May a program with this text make, change or drop what the catalogs hold? Temporary objects count, too. */
export function mayChangeCatalogs(text: string): boolean {
  return /\b(?:create|alter|drop|comment|grant|revoke)\b|\blo_|\bas id into\b|\bas x into\b/i.test(text)
}

/**
 * What a new client sees at the end of a program, a line for each table: its rows; those of whatever tables there are,
 * if the program may have made some. A server's error, if it gives one.
 */
export async function look(client: RecordedClient, text: string): Promise<string[]> {
  const sql = mayChangeCatalogs(text) ? ANY_ROWS_QUERY : ROWS_QUERY
  const statement: Statement = { kind: 'statement', client: 0, sql, protocol: 'prepared' }
  const lines = await client.send([statement])
  return lines.filter((line) => /^(?:row|error) /.test(line)).map((line) => line.replaceAll(NOISE, ''))
}

/** What query_to_xml() writes around the rows. */
const NOISE = /^row | xmlns:xsi=\\"[^"]*\\"|\\n */g

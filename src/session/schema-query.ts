/** Asks the server for the schema. */
import type { PinnedConnection } from './pinned-connection.ts'
import { readSchema, type Schema, SCHEMA_QUERY, UNKNOWN_SCHEMA } from './schema.ts'

export type { Schema }

export async function lookUpSchema(pinned: PinnedConnection): Promise<Schema> {
  const chunks: Buffer[] = []
  const result = await pinned.runOwn([SCHEMA_QUERY], (bytes) => chunks.push(bytes))
  return result === undefined || result.failed
    ? { ...UNKNOWN_SCHEMA, readsMayWrite: true, isStale: false }
    : readSchema(Buffer.concat(chunks))
}

/** Asks the server for the schema. */
import type { SandboxOptions } from '../options.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import { readSchema, type Schema, SCHEMA_QUERY, UNKNOWN_SCHEMA } from '../transaction/schema.ts'
import { readSequences, SEQUENCES_QUERY } from '../transaction/sequences.ts'

export type { Schema }

export async function lookUpSchema(pinned: PinnedConnection): Promise<Schema> {
  const answer = await ask(pinned, SCHEMA_QUERY)
  return answer === undefined
    ? { ...UNKNOWN_SCHEMA, readsMayWrite: true, isStale: false }
    : readSchema(answer)
}

/** The schema with its sequences, where they are wanted. */
export async function withSequences(
  pinned: PinnedConnection,
  schema: Schema,
  { deterministicIds }: Pick<SandboxOptions, 'deterministicIds'>,
): Promise<Schema> {
  if (!deterministicIds || schema.sequences !== undefined) return schema
  const answer = await ask(pinned, SEQUENCES_QUERY)
  return { ...schema, sequences: readSequences(answer ?? Buffer.alloc(0)) }
}

async function ask(pinned: PinnedConnection, question: string): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const result = await pinned.runOwn([question], (bytes) => chunks.push(bytes))
  return result === undefined || result.failed ? undefined : Buffer.concat(chunks)
}

/** Asks the server what a session must know of its database. Called where a real connection is opened, and when a unit needs what has changed. */
import type { SandboxOptions } from '../options.ts'
import type { Conversation } from './conversation.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import { readSchema, type Schema, SCHEMA_QUERY, UNKNOWN_SCHEMA } from '../transaction/schema.ts'
import { readSequences, SEQUENCES_QUERY } from '../transaction/sequences.ts'

export type { Schema }

/** Through a pooler nothing forbids a read to write, so that each counts as a write, and has the real transaction. */
export async function lookUpSchema(connection: PinnedConnection): Promise<Schema> {
  const answer = await ask(connection, SCHEMA_QUERY)
  const schema = answer === undefined ? { ...UNKNOWN_SCHEMA, isStale: false } : readSchema(answer)
  return answer === undefined || connection.isPooled ? { ...schema, readsMayWrite: true } : schema
}

/** The schema with its sequences, where they are wanted. */
export async function withSequences(
  connection: Conversation,
  schema: Schema,
  { deterministicIds }: Pick<SandboxOptions, 'deterministicIds'>,
): Promise<Schema> {
  if (!deterministicIds || schema.sequences !== undefined) return schema
  const answer = await ask(connection, SEQUENCES_QUERY)
  return { ...schema, sequences: readSequences(answer ?? Buffer.alloc(0)) }
}

async function ask(connection: Conversation, question: string): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const result = await connection.runStatements([question], (bytes) => chunks.push(bytes))
  return result === undefined || result.failed ? undefined : Buffer.concat(chunks)
}

/** Looks into a worker's database: reads its fingerprint, and puts sequences back. Whoever claims a database calls it. */
import { onDatabase } from '../server/address.ts'
import { connect, type Queryable } from '../server/queryable.ts'
import type { Server } from '../server/server.ts'
import {
  type Fingerprint,
  fingerprintSql,
  isAsMade,
  type LaterFingerprint,
  movedSequences,
  type Relation,
  RELATIONS,
  restoreSql,
  type SequenceState,
  sequencesSql,
} from './fingerprint.ts'

/** Undefined when there is something into which the user may not look. */
export async function readFingerprint(server: Server, database: string): Promise<Fingerprint | undefined> {
  return inside(server, database, async (connection) => {
    const { newer: _, hidden, ...fingerprint } = await read(connection)
    return hidden === '0' ? fingerprint : undefined
  })
}

/** Whether a database is as it was made; puts sequences back to where they were. */
export async function isRestored(server: Server, database: string, made: Fingerprint): Promise<boolean> {
  const restored = await inside(server, database, async (connection) => {
    const found = await read(connection, made.xid)
    if (!isAsMade(made, found)) return false
    const moved = movedSequences(made, found)
    if (moved.length > 0) await connection.query(restoreSql(moved))
    return true
  })
  return restored === true
}

async function read(connection: Queryable, since?: string): Promise<LaterFingerprint> {
  // What a policy would hide is an error instead.
  await connection.query('SET row_security = off')
  const relations = await connection.query<Relation>(RELATIONS)
  const [counted] = await connection.query<Omit<LaterFingerprint, 'sequences'>>(
    fingerprintSql(relations, since),
  )
  const states = sequencesSql(relations)
  const sequences = states === undefined ? [] : await connection.query<SequenceState>(states)
  return { ...counted!, sequences }
}

/** @returns undefined when the user lacks a right */
async function inside<Result>(
  server: Server,
  database: string,
  look: (connection: Queryable) => Promise<Result>,
): Promise<Result | undefined> {
  const connection = await connect(onDatabase(server.address, database))
  try {
    return await look(connection)
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error
  } finally {
    await connection.end()
  }
}

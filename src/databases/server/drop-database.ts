/**
 * DROP DATABASE, also where a test has left what outlives its connection. `Server.dropDatabase` is its only caller.
 *
 * WITH (FORCE) ends sessions, and nothing else: a prepared transaction, a subscription or a replication slot in use keeps
 * the database, and with it each later run that tries to drop it. https://www.postgresql.org/docs/current/sql-dropdatabase.html
 */
import { quoteIdentifier, quoteLiteral } from '../../sql/quote.ts'
import { type Address, onDatabase } from './address.ts'
import type { Admin } from './admin-connection.ts'
import { endSessions } from './open-sessions.ts'
import { connect } from './queryable.ts'

export interface DatabaseToDrop {
  readonly name: string
  /** How any database of the server is reached. */
  readonly address: Address
}

/** Without such a database it does nothing. */
export async function dropDatabase(admin: Admin, database: DatabaseToDrop): Promise<void> {
  const drop = `DROP DATABASE IF EXISTS ${quoteIdentifier(database.name)} WITH (FORCE)`
  try {
    await admin.query(drop)
  } catch (error) {
    if (!isInUse(error)) throw error
    await clear(admin, database)
    await admin.query(drop)
  }
}

function isInUse(error: unknown): boolean {
  return (error as { code?: unknown }).code === '55006'
}

async function clear(admin: Admin, { name, address }: DatabaseToDrop): Promise<void> {
  const [found] = await admin.query<{ oid: number }>(
    'SELECT oid FROM pg_catalog.pg_database WHERE datname = $1',
    [name],
  )
  if (found === undefined) return
  // Whoever has altered a subscription has it locked, and a test that goes on could prepare another transaction.
  await endSessions(admin, found.oid)
  await endReaders(admin, name)
  const inside = await connect(onDatabase(address, name))
  try {
    // First the transactions, which may have locked the others.
    await inside.runInOrder(await rollbacksIn(admin, name))
    for (const subscription of await subscriptionsIn(admin, found.oid))
      await inside.runInOrder(drops(subscription))
  } finally {
    await inside.end()
  }
}

async function rollbacksIn(admin: Admin, database: string): Promise<string[]> {
  const prepared = await admin.query<{ gid: string }>(
    'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = $1',
    [database],
  )
  return prepared.map(({ gid }) => `ROLLBACK PREPARED ${quoteLiteral(gid)}`)
}

async function subscriptionsIn(admin: Admin, database: number): Promise<string[]> {
  const found = await admin.query<{ name: string }>(
    'SELECT subname AS name FROM pg_catalog.pg_subscription WHERE subdbid = $1',
    [database],
  )
  return found.map(({ name }) => name)
}

/** Without the slot, which is the publisher's: DROP SUBSCRIPTION would ask for it there. */
function drops(subscription: string): string[] {
  const name = quoteIdentifier(subscription)
  return [
    `ALTER SUBSCRIPTION ${name} DISABLE`,
    `ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`,
    `DROP SUBSCRIPTION ${name}`,
  ]
}

/** Drops the replication slots of a database with their readers, who would come back to a slot that stays. */
async function endReaders(admin: Admin, database: string): Promise<void> {
  const slots = await admin.query<{ name: string; pid: number | null }>(
    'SELECT slot_name AS name, active_pid AS pid FROM pg_catalog.pg_replication_slots WHERE database = $1',
    [database],
  )
  for (const { name, pid } of slots) {
    if (pid !== null) await admin.query('SELECT pg_catalog.pg_terminate_backend($1, 5000)', [pid])
    await admin.query('SELECT pg_catalog.pg_drop_replication_slot($1)', [name])
  }
}

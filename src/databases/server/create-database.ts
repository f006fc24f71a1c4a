/**
 * CREATE DATABASE with what it does not copy by itself, and with its refusals explained. `Server.createDatabase` is its
 * only caller.
 */
import { quoteIdentifier, quoteLiteral } from '../../sql/quote.ts'
import { inUse, noCopy, noCreatedb } from '../errors.ts'
import type { CopyStrategy } from '../naming/mark.ts'
import type { Admin } from './admin-connection.ts'
import { copySettings } from './copied-settings.ts'
import { copyMethod, strategyClause } from './copy-strategy.ts'
import { sessionsIn, sessionsThatStay } from './open-sessions.ts'
import { isUntouched } from './untouched-database.ts'

export interface DatabaseCopy {
  readonly name: string
  /** The database to copy. */
  readonly from: string
  /** Its comment. */
  readonly comment: string
  readonly strategy: CopyStrategy | undefined
}

/** @param version as `server_version_num` */
export async function createDatabase(admin: Admin, version: number, copy: DatabaseCopy): Promise<void> {
  const { name, from, comment } = copy
  const source = (await isUntouched(admin, from)) ? 'template0' : from
  const sessions = source === from ? await sessionsThatStay(admin, from) : []
  if (sessions.length > 0) throw inUse(from, sessions)
  await copyDatabase(admin, version, copy, source)
  try {
    await admin.query(
      `COMMENT ON DATABASE ${quoteIdentifier(name)} IS ${quoteLiteral(comment)}; ${copySettings(from, name)}`,
    )
  } catch (error) {
    await admin.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`)
    throw error
  }
}

/** @param source what is copied: the database itself, or one that is the same */
async function copyDatabase(
  admin: Admin,
  version: number,
  copy: DatabaseCopy,
  source: string,
): Promise<void> {
  const { name, from, strategy } = copy
  const method = copyMethod(strategy, version)
  const owner = await ownerOf(admin, from)
  const create =
    `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE ${quoteIdentifier(source)}` +
    (owner === undefined ? '' : ` OWNER ${quoteIdentifier(owner)}`) +
    strategyClause(strategy)
  try {
    await admin.runInOrder(method === undefined ? [create] : [method, create])
  } catch (error) {
    throw await explained(admin, source, error)
  }
}

/** Whom the copy is to belong to: as the source, unless that is a template of the server, which is anybody's to copy. */
async function ownerOf(admin: Admin, source: string): Promise<string | undefined> {
  const [found] = await admin.query<{ owner: string }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database
     WHERE datname = $1 AND NOT datistemplate AND pg_catalog.pg_has_role(datdba, 'MEMBER')`,
    [source],
  )
  return found?.owner
}

/** The error that explains a refusal of the server. */
async function explained(admin: Admin, from: string, error: unknown): Promise<unknown> {
  const { code } = error as { code?: unknown }
  if (code === '55006') {
    const sessions = await sessionsIn(admin, from)
    // Prepared transactions and replication slots are no sessions: the server's own error names them.
    return sessions.length === 0 ? error : inUse(from, sessions, error)
  }
  if (code !== '42501') return error
  const [role] = await admin.query<{ name: string; mayCreate: boolean }>(
    `SELECT rolname AS name, rolcreatedb OR rolsuper AS "mayCreate" FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  )
  return role!.mayCreate ? noCopy(role!.name, from, error) : noCreatedb(role!.name, error)
}

/** Which server it is, whatever text leads to it: `Server.identity` reads it. */
import type { Queryable } from './queryable.ts'

export interface ServerIdentity {
  /** `system_identifier`, which copies of a server have in common; undefined where the user may not see it. */
  readonly system: string | undefined
  /** When the server was started, to the microsecond: this tells a server from its copies. */
  readonly started: string
  /** Where the server was reached; null for a Unix socket. */
  readonly address: string | null
  /** The port that the server listens on, behind whatever forwards to it. */
  readonly port: number
}

const IDENTITY = `SELECT pg_catalog.pg_postmaster_start_time()::text AS started,
  pg_catalog.host(pg_catalog.inet_server_addr()) AS address,
  pg_catalog.current_setting('port')::int AS port`

const SYSTEM = 'SELECT system_identifier::text AS system FROM pg_catalog.pg_control_system()'

export async function readIdentity(admin: Pick<Queryable, 'query'>): Promise<ServerIdentity> {
  const [seen] = await admin.query<Omit<ServerIdentity, 'system'>>(IDENTITY)
  return { ...seen!, system: await readSystem(admin) }
}

async function readSystem(admin: Pick<Queryable, 'query'>): Promise<string | undefined> {
  try {
    const [found] = await admin.query<{ system: string }>(SYSTEM)
    return found!.system
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error
    return undefined
  }
}

/** The address is left out: one server has several, `127.0.0.1` and `::1` for example. */
export function isSameServer(one: ServerIdentity, other: ServerIdentity): boolean {
  const isSameSystem = one.system === other.system || one.system === undefined || other.system === undefined
  return isSameSystem && one.started === other.started && one.port === other.port
}

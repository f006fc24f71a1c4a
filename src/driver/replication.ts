/**
 * Connections for replication, which lead to the server itself: the sandbox speaks none of it. Where such a connection is to a
 * database it takes ordinary SQL, too, and that is refused, as it would be committed.
 *
 * Both rooms of the driver ask here. Without it a client of either would commit.
 * Source: https://www.postgresql.org/docs/current/protocol-replication.html
 */
const COMMANDS =
  /^\s*(?:IDENTIFY_SYSTEM|SHOW|TIMELINE_HISTORY|(?:CREATE|ALTER|READ|DROP)_REPLICATION_SLOT|START_REPLICATION|BASE_BACKUP|UPLOAD_MANIFEST)\b/

/** @param parameter `replication` of the StartupMessage: a boolean as the server reads one, or `database` */
export function replicates(parameter: unknown): boolean {
  if (parameter === true) return true
  if (typeof parameter !== 'string' || parameter === '') return false
  return !/^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i.test(parameter)
}

/** What a client with such a connection may not ask while a level is open; the server itself refuses it the extended protocol. */
export function isOrdinarySql(text: string | undefined): boolean {
  return text === undefined || !COMMANDS.test(text)
}

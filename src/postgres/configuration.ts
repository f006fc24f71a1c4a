/** What a server for tests is told: as data, and as the text of its files. */

/** Lines for postgresql.conf, by name: `{ log_statement: 'all' }`. */
export type Settings = Readonly<Record<string, string>>

/** A crash may cost all data, since a server for tests begins anew: nothing waits for the disk. */
const FOR_TESTS: Settings = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '16MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** With the server's folder and the name of its socket, the system's limit is 103 bytes on some. */
const LONGEST_SOCKET_FOLDER = 85

/**
 * From this machine alone, and with a password: a port, and a socket in a folder that the settings name, are open to all
 * its users.
 */
export const HOST_BASED_AUTHENTICATION = `local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
`

/** The defaults for tests, and what the user sets over them. */
export function settingsFor(folder: string, port: number, given: Settings): Settings {
  const socketFolder = Buffer.byteLength(folder) > LONGEST_SOCKET_FOLDER ? '' : folder
  return { ...FOR_TESTS, port: String(port), unix_socket_directories: socketFolder, ...given }
}

/** The text of a configuration file. */
export function configurationText(settings: Settings): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  )
  return lines.join('')
}

/** `18.4` of `postgres (PostgreSQL) 18.4 (Debian 18.4-1)`: what follows is the packager's. */
export function versionOf(output: string): string {
  return /\(PostgreSQL\) (\S+)/.exec(output)?.[1] ?? output.trim()
}

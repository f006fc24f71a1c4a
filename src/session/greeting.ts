/** What a client is told when the sandbox lets it in, as a server does after the password. Pure. */
import * as backend from '../protocol/backend.ts'
import type { ServerConnection } from './server-connection.ts'

/** Reported since PostgreSQL 14; on the pinned connection it is on, to find out reads that write. */
const READ_ONLY = 'default_transaction_read_only'

export function greeting({ parameters, processId, secretKey }: ServerConnection): Buffer {
  const shown = new Map(parameters)
  if (shown.has(READ_ONLY)) shown.set(READ_ONLY, 'off')
  return Buffer.concat([
    backend.AUTHENTICATION_OK,
    ...[...shown].map(([name, value]) => backend.parameterStatus(name, value)),
    backend.backendKeyData(processId, secretKey),
    backend.readyForQuery('I'),
  ])
}

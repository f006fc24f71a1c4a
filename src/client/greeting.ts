/** What a client is told when the sandbox lets it in, as a server does after the password. Pure. */
import * as backend from '../protocol/backend.ts'
import type { ServerConnection } from '../server/server-connection.ts'

export function greeting({ parameters, processId, secretKey }: ServerConnection): Buffer {
  return Buffer.concat([
    backend.AUTHENTICATION_OK,
    ...[...parameters].map(([name, value]) => backend.parameterStatus(name, value)),
    backend.backendKeyData(processId, secretKey),
    backend.readyForQuery('I'),
  ])
}

/**
 * The values that a client is told at first: those of the pinned connection, with the client's own in place of what
 * differs between the clients that share it.
 */
export function shownParameters(
  parameters: ServerConnection['parameters'],
  own: ServerConnection['parameters'],
): ServerConnection['parameters'] {
  const shown = new Map(parameters)
  for (const [name, value] of own) if (shown.has(name)) shown.set(name, value)
  return shown
}

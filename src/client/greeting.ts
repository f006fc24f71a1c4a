/**
 * What a client is told when the sandbox lets it in, as a server does after the password.
 *
 * A virtual connection greets its client once it has a server, inside the sandbox or outside.
 */
import * as backend from '../protocol/backend.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { Requester } from '../session/requester.ts'

type Parameters = ServerConnection['parameters']

/** A client that is let in. */
interface Greeted extends Pick<Requester, 'deliver' | 'parameterChanged'> {
  processId: number
  /** Parameter values that follow from the settings of the client's start-up packet. */
  readonly startupParameters: Parameters
}

export function greet(client: Greeted, server: ServerConnection): void {
  const parameters = shownParameters(server.parameters, client.startupParameters)
  client.processId = server.processId
  for (const [name, value] of parameters) client.parameterChanged(name, value)
  client.deliver(greeting({ ...server, parameters }))
}

function greeting({ parameters, processId, secretKey }: ServerConnection): Buffer {
  return Buffer.concat([
    backend.AUTHENTICATION_OK,
    ...[...parameters].map(([name, value]) => backend.parameterStatus(name, value)),
    backend.backendKeyData(processId, secretKey),
    backend.READY_FOR_QUERY.I,
  ])
}

/**
 * The values that a client is told at first: those of the pinned connection, with the client's own in place of what
 * differs between the clients that share it.
 */
function shownParameters(parameters: Parameters, startup: Parameters): Parameters {
  const shown = new Map(parameters)
  for (const [name, value] of startup) if (shown.has(name)) shown.set(name, value)
  return shown
}

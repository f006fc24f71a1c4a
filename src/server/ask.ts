/** Statements and goodbyes of our own on a connection that carries no sandbox. */
import type { Status } from '../protocol/backend.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { PinnedConnection } from './pinned-connection.ts'
import type { ServerConnection } from './server-connection.ts'

/**
 * Runs them, while nobody else listens to the socket.
 *
 * @param deliver takes the messages of the answer
 * @returns the status of the connection's transaction; undefined when it was lost
 */
export async function ask(
  socket: ServerConnection['socket'],
  own: readonly string[] | Exchange,
  deliver?: (bytes: Buffer) => void,
): Promise<Status | undefined> {
  const asked = new PinnedConnection({ ...NOT_PINNED, socket })
  const answer = await asked.runOwn(own, deliver)
  asked.release()
  return answer?.status
}

/** Says goodbye; settles when the server has closed the connection. */
export function closed(socket: ServerConnection['socket']): Promise<void> {
  return new PinnedConnection({ ...NOT_PINNED, socket }).end()
}

const NOT_PINNED = {
  processId: 0,
  secretKey: 0,
  parameters: new Map<string, string>(),
  cancel: () => Promise.resolve(),
}

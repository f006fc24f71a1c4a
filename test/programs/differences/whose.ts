import type { RecordedClient } from './recorded-client.ts'

/** Names the sender of a notification from the point of view of the client that gets it. */
export function whoseAmong(
  clients: () => readonly RecordedClient[],
): (processId: number, client: RecordedClient) => string {
  return (processId, client) => {
    if (processId === client.client.processID) return 'own'
    const index = clients().findIndex(({ client: { processID } }) => processID === processId)
    return index < 0 ? 'nobody' : `client ${index + 1}`
  }
}

/**
 * Brings a client's session along to its next real connection. Called where one is opened for a client alone, outside the
 * sandbox or in a clone: without it the client, which believes in one connection, would miss what it has SET and prepared.
 */
import type { Names } from '../exchange/client-names.ts'
import type { Belongings } from '../transaction/belongings.ts'
import { bringBack } from './carry-over.ts'
import { ask } from '../server/conversation.ts'
import type { Wire } from '../server/wire.ts'

interface Client {
  readonly belongings: Belongings
  readonly names: Pick<Names, 'prepares'>
}

export async function bringSession(wire: Wire, { belongings, names }: Client): Promise<void> {
  const { objects, settings, startup } = belongings
  const carried = { settings, listening: objects.listening }
  const made = [...bringBack(carried, startup), ...names.prepares]
  if (made.length > 0) await ask(wire, made)
}

/**
 * Brings a client's session along to its next real connection. Called where one is opened for a client alone, outside the
 * sandbox or in a clone: without it the client, which believes in one connection, would miss what it has SET and prepared.
 */
import type { Names } from '../exchange/client-names.ts'
import type { Holdings } from '../transaction/client-objects.ts'
import type { Settings } from '../transaction/settings.ts'
import { bringBack } from './carry-over.ts'
import { ask } from './conversation.ts'
import type { Wire } from './wire.ts'

interface Client {
  readonly settings: Settings
  readonly startupSettings: Settings
  readonly holdings: Pick<Holdings, 'listening'>
  readonly names: Pick<Names, 'prepares'>
}

export async function bringSession(wire: Wire, client: Client): Promise<void> {
  const { settings, startupSettings, holdings, names } = client
  const carried = { settings, listening: holdings.listening }
  const made = [...bringBack(carried, startupSettings), ...names.prepares]
  if (made.length > 0) await ask(wire, made)
}

/**
 * The `pg` client that stands in for a client of another driver where the sandbox logs in.
 *
 * startup-phase.ts makes one from what the other client has said. Without it the sandbox would need a login of its own
 * making for drivers other than `pg`.
 */
import type { ClientSide } from '../../client/client-side.ts'
import type { Login } from '../../login.ts'
import { toldApart } from '../../object-identity.ts'
import { assignedSetting } from '../../transaction/settings.ts'
import { addressOf, connectionKey, databaseOf, optionParameters, optionSettings } from '../client-identity.ts'
import type { PgClient } from '../pg-types.ts'
import type { RealPg } from '../real-pg.ts'
import type { Address } from './addresses.ts'
import type { Encryption } from './encryption.ts'

export interface StandInClient {
  readonly identity: Pick<ClientSide, 'key' | 'database' | 'login' | 'settings' | 'parameters'>
  readonly address: Login
  clientFor(purpose: 'pinned' | 'own', password: string | undefined): PgClient
}

const NOT_SETTINGS: ReadonlySet<string> = new Set([
  'user',
  'database',
  'options',
  'client_encoding',
  'replication',
])

/** Names of parameters as the server reports them, where a client may write them otherwise. */
const REPORTED: ReadonlyMap<string, string> = new Map([
  ['timezone', 'TimeZone'],
  ['application_name', 'application_name'],
  ['search_path', 'search_path'],
])

/** What another client has said. */
interface Said {
  /** The values of its StartupMessage. */
  readonly parameters: ReadonlyMap<string, string>
  /** What it has asked for of TLS, where it uses that. */
  readonly encryption: Encryption | false
}

export function standInClient(
  { Client }: RealPg,
  { host, port }: Address,
  { parameters, encryption: ssl }: Said,
): StandInClient {
  const user = parameters.get('user') ?? ''
  const database = parameters.get('database') ?? user
  const given = [...parameters].filter(([name]) => !NOT_SETTINGS.has(name))
  const options = parameters.get('options') ?? ''
  const shared = { host, port, user, database, ssl, fallback_application_name: '' }
  const clientFor: StandInClient['clientFor'] = (purpose, password) => {
    const own = purpose === 'own' ? given.map(([name, value]) => startOption(name, value)) : []
    return new Client({ ...shared, options: [options, ...own].filter(Boolean).join(' '), password })
  }
  const client = clientFor('pinned', undefined)
  const reported = given.flatMap(([name, value]) => {
    const shown = REPORTED.get(name.toLowerCase())
    return shown === undefined ? [] : [[shown, value] as const]
  })
  return {
    identity: {
      key: connectionKey(client),
      database: databaseOf(client),
      login: JSON.stringify([
        'any driver',
        ...Object.entries(ssl || {})
          .flat()
          .map(toldApart),
      ]),
      settings: new Map([
        ...optionSettings(options),
        ...given.map(([name, value]) => [name.toLowerCase(), assignedSetting(name, value)] as const),
      ]),
      parameters: new Map([...optionParameters(options), ...reported]),
    },
    address: addressOf(client),
    clientFor,
  }
}

/** A setting as an option of the start-up packet: spaces and backslashes have a backslash before them. */
function startOption(name: string, value: string): string {
  return `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`
}

/** Where the tests' server is, by the environment. Kinds, snapshots and workers ask when nobody gives them a URL. */
import type { Environment } from '../naming/maker.ts'
import { readConnectionString } from './connection-string.ts'

interface AddressParts {
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly database?: string | undefined
}

/**
 * The URL of the database that the environment names. Each part is taken from the first of these that gives it:
 *
 * 1. `TEST_DB_HOST`, `TEST_DB_PORT`, `TEST_DB_USER`, `TEST_DB_PASSWORD`, `TEST_DB_NAME`
 * 2. `DATABASE_URL`
 * 3. where there is no `DATABASE_URL`: `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`
 *
 * A password goes only to the host and user that it was given with. What nobody gives is left to the driver.
 *
 * @returns undefined when none of them is set
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION` when `DATABASE_URL` is no URL
 *
 * @example
 * databaseUrl({ DATABASE_URL: 'postgres://ada@db/app', TEST_DB_NAME: 'app_test' }) // 'postgres://ada@db/app_test'
 */
export function databaseUrl(env: Environment): string | undefined {
  const forTests = addressIn(env, 'TEST_DB_', 'NAME')
  const url = env['DATABASE_URL']
  if (url && Object.keys(forTests).length === 0) return url
  const { address, parameters } = url
    ? parsed(url)
    : { address: addressIn(env, 'PG', 'DATABASE'), parameters: new URLSearchParams() }
  const isElsewhere = forTests.host !== undefined || forTests.user !== undefined
  const rest = isElsewhere ? { ...address, password: undefined } : address
  return written({ ...rest, ...forTests }, parameters)
}

/** Only what is set, so that it can be laid over something else. */
function addressIn(env: Environment, prefix: string, database: string): AddressParts {
  return withoutUndefined({
    host: env[`${prefix}HOST`] || undefined,
    port: env[`${prefix}PORT`] || undefined,
    user: env[`${prefix}USER`] || undefined,
    password: env[`${prefix}PASSWORD`] || undefined,
    database: env[prefix + database] || undefined,
  })
}

function parsed(text: string): { address: AddressParts; parameters: URLSearchParams } {
  const url = readConnectionString(text)
  const { hostname, port, username, password, pathname, searchParams: parameters } = url
  const named = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port, user: username, password }
  const entries = Object.entries({ ...named, database: pathname.slice(1) }).map(([name, part]) => {
    // As in libpq and pg, a parameter of that name comes first.
    const value = parameters.get(name) ?? decodeURIComponent(part)
    parameters.delete(name)
    return [name, value || undefined]
  })
  return { address: Object.fromEntries(entries) as AddressParts, parameters }
}

function written(address: AddressParts, parameters: URLSearchParams): string | undefined {
  const { host = 'localhost', port, user = '', password, database = '' } = withoutUndefined({ ...address })
  if (Object.values(address).every((part) => part === undefined)) return undefined
  const query = new URLSearchParams(parameters)
  if (host.startsWith('/')) query.set('host', host)
  const place = host.startsWith('/') ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const login = encodeURIComponent(user) + secret
  return [
    `postgres://${login && `${login}@`}${place}${port === undefined ? '' : `:${port}`}`,
    `/${encodeURIComponent(database)}${query.size === 0 ? '' : `?${query.toString()}`}`,
  ].join('')
}

function withoutUndefined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(given)
}

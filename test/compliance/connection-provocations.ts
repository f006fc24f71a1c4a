import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { otherPg } from '../support/other-pg.ts'

export function errorOf(work: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.resolve(work).then(
    () => 'no error',
    (error: unknown) => error,
  )
}

/** A copy of `pg` that is not patched, and a server that is known by a client of one that is. */
export async function unsandboxed(): Promise<unknown> {
  await testTransaction.start()
  testTransaction.configure({ onUnsandboxed: 'error' })
  const known = new Client({ connectionString: process.env['PG_SANDBOX_TEST_SERVER']! })
  await known.connect()
  const { Client: Other } = otherPg()
  const client = new Other({ connectionString: process.env['PG_SANDBOX_TEST_SERVER']! })
  client.on('error', () => {})
  const error = await errorOf(client.connect())
  testTransaction.configure({ onUnsandboxed: 'route' })
  await known.end()
  return error
}

/** Nothing of libpq is reached, so that it need not be there. */
export async function nativeClient(): Promise<unknown> {
  jest.doMock('pg-native', () => function Native(): void {}, { virtual: true })
  const Native = require('pg/lib/native/client') as typeof Client
  await testTransaction.patch(Native)
  await testTransaction.start()
  return errorOf(new Native().connect())
}

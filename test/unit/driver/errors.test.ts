import { sqlForReplication, unseenEncryption } from '../../../src/driver/errors.ts'

test('SQL on a connection for replication is refused in full', () => {
  expect(sqlForReplication("insert into notes values ('for a replica')")).toMatchObject({
    code: 'PG_SANDBOX_REPLICATION',
    message: `A connection for replication was given SQL, which has not been run: insert into notes values ('for a replica')

Such a connection leads to the server itself, for the commands of replication, so what it writes would be committed.

Send SQL through a client without the option replication. To test replication with real commits, call testTransaction.close() before and testTransaction.start() after it.`,
  })
})

test('encryption that the sandbox does not see is refused in full', () => {
  expect(unseenEncryption('localhost:5432')).toMatchObject({
    code: 'PG_SANDBOX_UNSANDBOXED',
    message: `A connection to the database server localhost:5432 is encrypted in a way that the sandbox does not see.

A driver other than pg comes into the sandbox with TLS where it calls connect() of Node's module tls. Usually this one makes a TLSSocket by itself, or has TLS of its own.

Let it connect without TLS in tests.`,
  })
})

import { sqlForReplication } from '../../../src/driver/errors.ts'

test('SQL on a connection for replication is refused in full', () => {
  expect(sqlForReplication("insert into notes values ('for a replica')")).toMatchObject({
    code: 'PG_SANDBOX_REPLICATION',
    message: `A connection for replication was given SQL, which has not been run: insert into notes values ('for a replica')

Such a connection leads to the server itself, for the commands of replication, so what it writes would be committed.

Send SQL through a client without the option replication. To test replication with real commits, call testTransaction.close() before and testTransaction.start() after it.`,
  })
})

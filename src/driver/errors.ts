/**
 * What the driver alone refuses: one factory per error, as in the errors of the ground, with the same three parts.
 *
 * Both rooms of the driver call it. Without it a client would be told nothing of what it may not do.
 */
import { SandboxError } from '../errors.ts'
import { excerpt } from '../excerpt.ts'

export function sqlForReplication(sql: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_REPLICATION',
    `A connection for replication was given SQL, which has not been run: ${excerpt(sql)}\n\n` +
      'Such a connection leads to the server itself, for the commands of replication, so what it writes would be committed.\n\n' +
      'Send SQL through a client without the option replication. To test replication with real commits, call ' +
      'testTransaction.close() before and testTransaction.start() after it.',
  )
}

export function unseenEncryption(server: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_UNSANDBOXED',
    `A connection to the database server ${server} is encrypted in a way that the sandbox does not see.\n\n` +
      "A driver other than pg comes into the sandbox with TLS where it calls connect() of Node's module tls. Usually this one " +
      'makes a TLSSocket by itself, or has TLS of its own.\n\n' +
      'Let it connect without TLS in tests.',
  )
}

/**
 * The real methods of a copy of `pg`, with which the sandbox logs in.
 *
 * Both rooms of the driver ask for them before they replace anything. Without them a connection of the sandbox itself
 * would be opened through the replacements, and end in the sandbox.
 */
import type { PgClient, PgClientClass } from './pg-types.ts'

export interface RealPg {
  readonly Client: PgClientClass
  readonly connect: PgClient['connect']
}

const reals = new WeakMap<PgClientClass, RealPg>()

/** The methods of a copy as they were when it was first asked for. */
export function realPg(Client: PgClientClass): RealPg {
  const real = reals.get(Client) ?? { Client, connect: Client.prototype.connect }
  reals.set(Client, real)
  return real
}

/** The copy that this package resolves: with it clients of other drivers are logged in. */
export function resolvedPg(): RealPg {
  return realPg((require('pg') as { Client: PgClientClass }).Client)
}

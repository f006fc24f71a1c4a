/**
 * A unit while the session runs it: where the server's answers go, and how it ends where the server's answer is not its end. A
 * session makes one of each unit that it takes out of its line. Without it a client would get the answers to a unit that is
 * over for it, or the server's word for a cancellation that the sandbox has asked for.
 */
import type { SandboxError } from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import type { Sink } from '../server/server-connection.ts'
import { isOneStatement } from '../exchange/unit.ts'
import { withHint } from '../transaction/server-errors.ts'
import { AbandonedUnit } from './abandoned-unit.ts'
import { disconnect, type Unit } from './unit.ts'

export class RunningUnit {
  readonly unit: Unit
  /** Set where the unit is over for its client, while the server still runs it. */
  abandoned: AbandonedUnit | undefined
  /** The error in place of the cancellation that the sandbox has asked for. */
  #cancelled: Fields | undefined
  /** Is the unit sent inside a transaction block of its client? */
  isInBlock = false
  /** Where the answers go. */
  readonly sink: Sink

  constructor(unit: Unit) {
    const { requester } = unit
    this.unit = unit
    this.sink = {
      deliver: (bytes) => (this.abandoned ?? requester).deliver(bytes),
      copyStarted: () => requester.copyStarted(),
      translate: (fields) =>
        this.#cancelled ??
        withHint(requester.names.translate(fields), !this.isInBlock && isOneStatement(unit)),
      parameterChanged: (name, value) => requester.parameterChanged(name, value),
    }
  }

  /** Answers the unit with an error, although the server goes on with it. */
  abandon(error: Fields, pinned: PinnedConnection | undefined): void {
    this.abandoned = new AbandonedUnit(this.unit, error, pinned)
    this.abandoned.answer()
  }

  /** The server is asked to cancel the unit, for this reason. */
  cancel(reason: Fields, pinned: PinnedConnection): void {
    this.#cancelled = reason
    pinned.cancel()
  }

  /** The connection is gone, because of `failure` where the sandbox has ended it. */
  lose({ reader }: PinnedConnection, failure: SandboxError | undefined, reason: Error | undefined): void {
    if (this.abandoned !== undefined) this.abandoned.lose(reason)
    else disconnect(this.unit, failure, reason, reader.missing > 0)
  }
}

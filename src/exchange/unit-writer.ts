/**
 * What the writers of both protocols have in common: the state as if all that is written had succeeded, the answers that are
 * expected, and what the sandbox itself answers. simple-writer.ts writes one string, extended-writer.ts messages.
 *
 * `control` is how both deal with a command: the rules for that stand here once.
 */
import { commandComplete, type Fields, noticeResponse } from '../protocol/backend.ts'
import type { Command } from '../sql/command.ts'
import { deallocatesAll, takesSnapshot } from '../transaction/commands.ts'
import type { Outcome } from '../transaction/outcome.ts'
import { heardWarnings } from '../transaction/server-errors.ts'
import type { TransactionState } from '../transaction/state.ts'
import type { Answer } from './exchange.ts'

export type Answered = Extract<Outcome, { readonly kind: 'answer' }>
export type Refused = Extract<Outcome, { readonly kind: 'refuse' }>

export abstract class UnitWriter {
  /** The state as if all that is written had succeeded. */
  state: TransactionState
  /** Statements of the sandbox in front of the unit, as one Query message. */
  prefix: readonly string[] = []
  readonly answers: Answer[] = []
  /** Has an error of the sandbox ended the unit? */
  isRefused = false

  constructor(state: TransactionState) {
    this.state = state
  }

  /** Writes what must be on the wire in front of a statement. */
  abstract materialize(takesSnapshot?: boolean): void
  /** Writes statements of the sandbox, of whose answers the client hears nothing. */
  abstract writeOurs(statements: readonly string[], outcome?: Pick<Answer, 'failure'>): void
  /** Ends the unit with an error, on the server where what follows in the unit must not run. */
  abstract refuse(refused: Refused): void
  /** The one row that a command shows. */
  protected abstract row(shown: NonNullable<Answered['shown']>): Buffer

  /**
   * Answers or refuses a command, or makes all ready for the server to run it.
   *
   * An answer that stands on SQL, or behind the guard, needs the connection made ready first. That changes the state, and
   * what the command does depends on the state: so the command is interpreted once more in the state that holds then.
   *
   * @param interpret what to do with the command in a state
   * @returns what was done; the server is to run what is to be sent
   */
  control(command: Command, interpret: (state: TransactionState) => Outcome): Outcome['kind'] {
    let outcome = interpret(this.state)
    if (outcome.kind === 'answer' && (outcome.step.sql.length > 0 || outcome.isInside)) {
      this.materialize(false)
      outcome = interpret(this.state)
    }
    if (outcome.kind === 'refuse') this.refuse(outcome)
    else {
      if (outcome.kind === 'send') this.materialize(takesSnapshot(command))
      this.warn(outcome.warnings)
      if (outcome.kind === 'answer') this.answer(outcome, command)
    }
    return outcome.kind
  }

  protected answer({ step, failure, shown, tag }: Answered, command: Command): void {
    this.writeOurs(step.sql, failure && { failure })
    this.state = step.state
    if (shown !== undefined) this.local(this.row(shown))
    this.local(commandComplete(tag), { closesAll: deallocatesAll(command) })
  }

  protected warn(warnings: readonly Fields[]): void {
    for (const warning of heardWarnings(warnings, this.state)) this.local(noticeResponse(warning))
  }

  /** An answer of the sandbox itself. */
  local(bytes: Buffer, effect: Pick<Answer, 'closesAll'> = {}): void {
    this.answers.push({ expect: 'local', forward: true, bytes, state: this.state, ...effect })
  }
}

/**
 * Messages up to Sync or Flush as an exchange: transaction commands answered, names mapped, the rest passed on. Called by
 * make-exchange.ts for each unit of the extended protocol that was not sent before from the same state. Pure but for the names.
 */
import { BACKEND, NO_DATA, NO_PARAMETERS } from '../protocol/backend.ts'
import * as frontend from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import { afterServer, interpret, isOurs } from '../transaction/commands.ts'
import type { Outcome } from '../transaction/outcome.ts'
import * as regions from '../transaction/regions.ts'
import { isMaterialized, type TransactionState } from '../transaction/state.ts'
import type { Names, Portal, PreparedStatement } from './client-names.ts'
import { endingOf, type Exchange, type Retry } from './exchange.ts'
import { ExtendedPortals } from './extended-portals.ts'
import { commandOf, type ExtendedContext, ExtendedStatements, onlyReads } from './extended-statements.ts'
import { ExtendedWriter } from './extended-writer.ts'

const { FRONTEND } = frontend

type Context = ExtendedContext & Retry

export function extendedQuery(
  frames: readonly frontend.ClientFrame[],
  state: TransactionState,
  context: Context,
): Exchange {
  return new ExtendedRewriter(frames, state, context).exchange()
}

class ExtendedRewriter {
  readonly #frames: readonly frontend.ClientFrame[]
  readonly #context: Context
  readonly #names: Names
  readonly #flush: boolean
  readonly #out: ExtendedWriter
  readonly #statements: ExtendedStatements
  readonly #portals: ExtendedPortals
  /** Execute messages in the unit, and those that have been dealt with. */
  readonly #executes: number
  #executed = 0
  #copiesIn = false

  constructor(frames: readonly frontend.ClientFrame[], state: TransactionState, context: Context) {
    this.#frames = frames
    this.#context = context
    this.#names = context.requester.names
    this.#flush = frames.at(-1)!.type === FRONTEND.flush
    this.#executes = frames.filter(({ type }) => type === FRONTEND.execute).length
    // What a unit does must be known before its first message is written.
    const mereRead = !context.retry && !this.#flush && onlyReads(frames, context.requester)
    this.#out = new ExtendedWriter(this.#names, state, mereRead)
    this.#statements = new ExtendedStatements(context, this.#out)
    this.#portals = new ExtendedPortals(this.#names, this.#statements, this.#out, this.#flush)
  }

  exchange(): Exchange {
    this.#out.closeEnded()
    for (const frame of this.#frames) {
      this.#add(frame)
      if (this.#out.isRefused) break
    }
    if (!this.#flush && this.#out.state.block === undefined) this.#names.endPortals()
    this.#out.closeEnded()
    const { answers, isRefused, messages, prefix, state } = this.#out
    if (messages.length + prefix.length > 0) messages.push(frontend.SYNC)
    return {
      prefix,
      messages,
      answers,
      bare: messages.length > 0 && !isMaterialized(state),
      flush: this.#flush,
      refused: isRefused,
      places: [],
      registered: this.#statements.registered,
      ...(isRefused ? {} : this.#ending()),
    }
  }

  /** What was written before Flush is committed by Sync. */
  #ending(): Pick<Exchange, 'ending'> {
    if (this.#flush && this.#out.state.region?.wrote) return {}
    const ending = endingOf(this.#out.state, { holdsCompletion: false, waits: this.#copiesIn })
    return ending === undefined ? {} : { ending }
  }

  #add(frame: frontend.ClientFrame): void {
    const { type, bytes } = frame
    switch (type) {
      case FRONTEND.parse:
        return this.#parse(frame)
      case FRONTEND.bind:
        return this.#portals.bind(bytes)
      case FRONTEND.describe:
        return this.#describe(bytes)
      case FRONTEND.execute:
        return this.#execute(bytes)
      case FRONTEND.close:
        return this.#close(bytes)
      default: // Sync or Flush, which end the unit.
    }
  }

  #parse(frame: frontend.ClientFrame): void {
    const { name, sql } = frontend.parseIn(frame)
    const command = commandOf(sql, this.#context.requester)
    if (isOurs(command) && this.#out.refusedInFailedBlock(command)) return
    this.#statements.parse(name, { sql, command, bytes: frame.bytes, again: this.#context.retry === true })
  }

  #describe(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') this.#describeStatement(bytes, this.#statements.named(name))
    else this.#portals.describe(bytes, name)
  }

  #describeStatement(bytes: Buffer, { command, wireName }: PreparedStatement): void {
    if (isOurs(command)) return this.#out.local(Buffer.concat([NO_PARAMETERS, NO_DATA]))
    this.#out.send(frontend.renameTarget(bytes, wireName), BACKEND.rowDescription, {}, command)
  }

  #execute(bytes: Buffer): void {
    const { portal: name } = frontend.readExecute(bytes)
    const portal = this.#names.portals.get(name)
    const command: Command = portal?.statement.command ?? { kind: 'other' }
    this.#copiesIn ||= command.kind === 'copy' && command.direction === 'in'
    if (!this.#isRefused(name, portal, command)) {
      const { ended } = this.#out.state
      const done = this.#out.control(command, (state) => this.#interpret(state, command))
      if (done === 'send') this.#run(bytes, command, portal)
      if (done === 'answer') this.#answered(name, command, ended)
    }
    this.#executed += 1
  }

  #isRefused(name: string, portal: Portal | undefined, command: Command): boolean {
    if (this.#portals.refusedAsDone(name, portal)) return true
    return isOurs(command) && this.#out.refusedInFailedBlock(command)
  }

  /** A unit's statements are one implicit transaction, even where the first is warned that it is in no block. */
  #interpret(state: TransactionState, command: Command): Outcome {
    const isInString = this.#context.pipelinesAreBlocks && this.#executed > 0
    const outcome = interpret(state, command, isInString)
    if (command.kind !== 'setTransaction' || outcome.kind !== 'answer' || this.#executes === 1) return outcome
    const within = interpret(state, command, true)
    return within.kind === 'send' ? within : { ...within, warnings: outcome.warnings }
  }

  #run(bytes: Buffer, command: Command, portal: Portal | undefined): void {
    const before = this.#out.state
    const after = afterServer(before, command, portal?.statement.sql ?? '', portal?.values)
    this.#out.state = this.#stateAfter(after)
    const wireName = this.#portals.wireName(frontend.readExecute(bytes).portal)
    this.#out.send(frontend.renameExecute(bytes, wireName), 'statement', { before }, command)
  }

  #stateAfter(state: TransactionState): TransactionState {
    if (this.#context.retry) return regions.written(state)
    return this.#flush ? regions.keptOpen(state) : state
  }

  /**
   * A command has been answered: its portal is done, and all portals are gone with their transaction.
   *
   * @param ended how many transactions had ended before it
   */
  #answered(name: string, command: Command, ended: number): void {
    const portal = this.#names.portals.get(name)
    if (portal !== undefined) this.#names.portals.set(name, { ...portal, isDone: true })
    const isDiscardAll = command.kind === 'discard' && command.what === 'all'
    if (this.#out.state.ended === ended && !isDiscardAll) return
    this.#names.endPortals()
    this.#executed = -1
  }

  #close(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') this.#statements.close(bytes, name)
    else this.#portals.close(bytes, name)
  }
}

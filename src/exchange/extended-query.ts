/** Messages up to Sync or Flush as an exchange: transaction commands answered, names mapped, the rest passed on. Pure but for the names. */
import * as backend from '../protocol/backend.ts'
import * as frontend from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import {
  deallocatesAll,
  interpret,
  isControl,
  isOurs,
  refusalInFailedBlock,
  takesSnapshot,
} from '../transaction/interpret.ts'
import type { Outcome } from '../transaction/outcome.ts'
import { afterServer } from '../transaction/effects.ts'
import { endingOf, type Exchange } from './exchange.ts'
import { commandOf, type ExtendedContext, ExtendedStatements, onlyReads } from './extended-statements.ts'
import { ExtendedWriter } from './extended-writer.ts'
import type { Names, Portal, PreparedStatement } from './client-names.ts'
import { portalExists, portalIsDone, superfluousValues } from '../transaction/server-errors.ts'
import * as regions from '../transaction/regions.ts'
import { isMaterialized } from '../transaction/state.ts'
import type { TransactionState } from '../transaction/state.ts'

const { BACKEND } = backend
const { FRONTEND } = frontend

export type { ExtendedContext }

/** @param retry send a mere read behind a guard all the same, because it has turned out to write */
export function extendedQuery(
  frames: readonly frontend.ClientFrame[],
  state: TransactionState,
  context: ExtendedContext,
  retry = false,
): Exchange {
  return new ExtendedRewriter(frames, state, context, retry).exchange()
}

/** Commands whose effect depends on the values that are bound. */
const TAKE_VALUES: ReadonlySet<Command['kind']> = new Set<Command['kind']>(['setConfig', 'selectNotify'])

class ExtendedRewriter {
  readonly #frames: readonly frontend.ClientFrame[]
  readonly #context: ExtendedContext
  readonly #names: Names
  readonly #flush: boolean
  readonly #retry: boolean
  readonly #out: ExtendedWriter
  readonly #statements: ExtendedStatements
  /** Execute messages in the unit, and those that have been dealt with. */
  readonly #executes: number
  #executed = 0
  #copiesIn = false

  constructor(
    frames: readonly frontend.ClientFrame[],
    state: TransactionState,
    context: ExtendedContext,
    retry: boolean,
  ) {
    this.#frames = frames
    this.#context = context
    this.#names = context.requester.names
    this.#flush = frames.at(-1)!.type === FRONTEND.flush
    this.#executes = frames.filter(({ type }) => type === FRONTEND.execute).length
    this.#retry = retry
    // What a unit does must be known before its first message is written.
    const mereRead = !retry && !this.#flush && onlyReads(frames, context.requester)
    this.#out = new ExtendedWriter(this.#names, state, mereRead)
    this.#statements = new ExtendedStatements(context, this.#out)
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
        return this.#bind(bytes)
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
    if (isOurs(command) && this.#isRefused(command)) return
    this.#statements.parse(name, { sql, command, bytes: frame.bytes, again: this.#retry })
  }

  /** In a failed block the server refuses all but its end, already when it is prepared. */
  #isRefused(command: Command): boolean {
    const error = refusalInFailedBlock(this.#out.state, command)
    if (error !== undefined) this.#out.refuse({ kind: 'refuse', error, warnings: [] })
    return error !== undefined
  }

  #bind(bytes: Buffer): void {
    const bound = frontend.readBind(bytes)
    const statement = this.#statements.named(bound.statement)
    if (isOurs(statement.command)) return this.#bindOurs(bytes, bound, statement)
    // A portal that outlives its unit must not be the unnamed one: the next Query message of anyone would end it.
    const named = bound.portal !== '' || this.#flush
    if (bound.portal === '') this.#names.endPortal('')
    const wireName = named ? this.#names.wireName('portal', bound.portal) : ''
    const portal: Portal = {
      statement,
      wireName,
      values: TAKE_VALUES.has(statement.command.kind) ? frontend.readBindValues(bytes) : [],
    }
    this.#names.portals.set(bound.portal, portal)
    this.#out.closeEnded()
    const bind = frontend.renameBind(bytes, wireName, statement.wireName)
    this.#out.send(bind, BACKEND.bindComplete, {}, statement.command)
  }

  #bindOurs(
    bytes: Buffer,
    { portal, statement: name }: ReturnType<typeof frontend.readBind>,
    statement: PreparedStatement,
  ): void {
    if (this.#isRefused(statement.command)) return
    const { length } = frontend.readBindValues(bytes)
    const error =
      length > 0
        ? superfluousValues(length, name)
        : portal !== '' && this.#names.portals.has(portal) && portalExists(portal)
    if (error) return this.#out.refuse({ kind: 'refuse', error, warnings: [] })
    this.#names.endPortal(portal)
    this.#names.portals.set(portal, { statement, wireName: '', values: [] })
    this.#out.local(backend.BIND_COMPLETE)
  }

  #describe(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') return this.#describeStatement(bytes, this.#statements.named(name))
    const command = this.#names.portals.get(name)?.statement.command
    if (command === undefined || !isOurs(command)) {
      const describe = frontend.renameTarget(bytes, this.#portalName(name))
      this.#out.send(describe, BACKEND.rowDescription, {}, command)
    } else if (!this.#isRefused(command)) this.#out.local(backend.NO_DATA)
  }

  #describeStatement(bytes: Buffer, { command, wireName }: PreparedStatement): void {
    if (isOurs(command)) return this.#out.local(Buffer.concat([backend.NO_PARAMETERS, backend.NO_DATA]))
    this.#out.send(frontend.renameTarget(bytes, wireName), BACKEND.rowDescription, {}, command)
  }

  /** A portal that no Bind has made may be a cursor of SQL. */
  #portalName(name: string): string {
    const { cursors, cursorsWithHold } = this.#out.state.client.objects
    const isCursor =
      !this.#names.portals.has(name) && (cursors.includes(name) || cursorsWithHold.includes(name))
    return isCursor ? name : this.#names.portalName(name)
  }

  #execute(bytes: Buffer): void {
    const { portal: name } = frontend.readExecute(bytes)
    const portal = this.#names.portals.get(name)
    const command: Command = portal?.statement.command ?? { kind: 'other' }
    this.#copiesIn ||= command.kind === 'copy' && command.direction === 'in'
    if (!isControl(command) || !this.#control(name, command)) this.#run(bytes, command, portal)
    this.#executed += 1
  }

  #run(bytes: Buffer, command: Command, portal: Portal | undefined): void {
    this.#out.materialize(takesSnapshot(command))
    const before = this.#out.state
    const after = afterServer(before, command, portal?.statement.sql ?? '', portal?.values)
    this.#out.state = this.#retry ? regions.written(after) : this.#flush ? regions.keptOpen(after) : after
    const execute = frontend.renameExecute(bytes, this.#portalName(frontend.readExecute(bytes).portal))
    this.#out.send(execute, 'statement', { before }, command)
  }

  /** Answers or refuses a command; false when the server is to run it. */
  #control(name: string, command: Command): boolean {
    if (this.#isRefusedPortal(name) || (isOurs(command) && this.#isRefused(command))) return true
    let outcome = this.#interpret(command)
    if (outcome.kind === 'answer' && (outcome.step.sql.length > 0 || outcome.isInside)) {
      this.#out.materialize(false)
      outcome = this.#interpret(command)
    }
    if (outcome.kind === 'refuse') this.#out.refuse(outcome)
    else this.#out.warn(outcome.warnings)
    if (outcome.kind === 'answer') this.#answer(name, outcome)
    return outcome.kind !== 'send'
  }

  #answer(name: string, { step, failure, shown, tag }: Extract<Outcome, { kind: 'answer' }>): void {
    const { ended } = this.#out.state
    if (step.sql.length > 0 && step.state.ended !== ended) this.#endPortals()
    this.#out.own(step.sql, failure && { failure })
    this.#out.state = step.state
    if (shown !== undefined) this.#out.local(backend.textRow(shown.value))
    const portal = this.#names.portals.get(name)
    const closesAll = portal !== undefined && deallocatesAll(portal.statement.command)
    this.#out.local(backend.commandComplete(tag), { closesAll })
    if (portal !== undefined) this.#names.portals.set(name, { ...portal, isDone: true })
    if (this.#out.state.ended === ended && tag !== 'DISCARD ALL') return
    this.#names.endPortals()
    this.#executed = -1
  }

  /** Before a commit on the server, where an open portal would be in the way. */
  #endPortals(): void {
    this.#names.endPortals()
    this.#out.closeEnded()
    this.#out.swallow(frontend.close('P', ''), BACKEND.closeComplete)
  }

  #isRefusedPortal(name: string): boolean {
    const isDone = this.#names.portals.get(name)?.isDone === true
    if (isDone) this.#out.refuse({ kind: 'refuse', error: portalIsDone(name), warnings: [] })
    return isDone
  }

  /** A unit's statements are one implicit transaction, even where the first is warned that it is in no block. */
  #interpret(command: Command): Outcome {
    const isInString = this.#context.pipelinesAreBlocks && this.#executed > 0
    const outcome = interpret(this.#out.state, command, isInString)
    if (command.kind !== 'setTransaction' || outcome.kind !== 'answer' || this.#executes === 1) return outcome
    const within = interpret(this.#out.state, command, true)
    return within.kind === 'send' ? within : { ...within, warnings: outcome.warnings }
  }

  #close(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') return this.#statements.close(bytes, name)
    const portal = this.#names.portals.get(name)
    const wireName = this.#portalName(name)
    this.#names.portals.delete(name)
    if (portal !== undefined && isOurs(portal.statement.command))
      return this.#out.local(backend.CLOSE_COMPLETE)
    this.#out.send(frontend.renameTarget(bytes, wireName), BACKEND.closeComplete)
  }
}

/** Messages up to Sync or Flush as an exchange: transaction commands answered, names mapped, the rest passed on. Pure but for the names. */
import * as backend from '../protocol/backend.ts'
import * as frontend from '../protocol/frontend.ts'
import type { Frame } from '../protocol/frames.ts'
import type { Command } from '../sql/command.ts'
import { deallocatesAll, interpret, isControl, type Outcome } from './control.ts'
import { afterServer } from './effects.ts'
import { type Answer, type Exchange, FAILING_STATEMENT } from './exchange.ts'
import { commandOf, onlyReads, statementNamed } from './extended-statements.ts'
import type { Names, Portal, PreparedStatement } from './names.ts'
import * as transaction from './transaction.ts'
import type { TransactionState } from './transaction.ts'
import type { Requester } from './unit.ts'

const { BACKEND } = backend
const { FRONTEND } = frontend

export interface ExtendedContext {
  readonly requester: Pick<Requester, 'names' | 'analyze' | 'preparedBefore'>
  /** Wire names of the statements that the real connection has; stale ones are to be prepared again. */
  readonly known: ReadonlyMap<string, 'fresh' | 'stale'>
}

/** @param retry send a mere read behind a guard all the same, because it has turned out to write */
export function extendedQuery(
  frames: readonly Frame[],
  state: TransactionState,
  context: ExtendedContext,
  retry = false,
): Exchange {
  return new ExtendedRewriter(frames, state, context, retry).exchange()
}

class ExtendedRewriter {
  readonly #frames: readonly Frame[]
  readonly #context: ExtendedContext
  readonly #names: Names
  readonly #flush: boolean
  readonly #retry: boolean
  readonly #mereRead: boolean
  #state: TransactionState
  #prefix: readonly string[] = []
  readonly #messages: Buffer[] = []
  readonly #answers: Answer[] = []
  readonly #parsedHere = new Set<string>()
  #refused = false
  #deallocatesAll = false

  constructor(frames: readonly Frame[], state: TransactionState, context: ExtendedContext, retry: boolean) {
    this.#frames = frames
    this.#context = context
    this.#names = context.requester.names
    this.#flush = frames.at(-1)!.type === FRONTEND.flush
    this.#retry = retry
    this.#state = state
    // What a unit does must be known before its first message is written.
    this.#mereRead = !retry && !this.#flush && onlyReads(frames, context.requester)
  }

  exchange(): Exchange {
    for (const frame of this.#frames) {
      this.#add(frame)
      if (this.#refused) break
    }
    if (!this.#flush && this.#state.block === undefined) this.#closePortals()
    if (this.#messages.length > 0) this.#messages.push(frontend.SYNC)
    return {
      prefix: this.#prefix,
      messages: this.#messages,
      answers: this.#answers,
      bare: this.#messages.length > 0 && !transaction.isMaterialized(this.#state),
      flush: this.#flush,
      refused: this.#refused,
      deallocatesAll: this.#deallocatesAll,
      places: [],
    }
  }

  #add({ type, bytes }: Frame): void {
    switch (type) {
      case FRONTEND.parse:
        return this.#parse(bytes)
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

  #parse(bytes: Buffer): void {
    const { name, sql } = frontend.readParse(bytes)
    const wireName = this.#names.statementName(name)
    const statement: PreparedStatement = {
      sql,
      command: commandOf(sql, this.#context.requester),
      wireName,
      parse: frontend.renameParse(bytes, wireName),
    }
    this.#names.statements.set(name, statement)
    this.#parsedHere.add(wireName)
    if (this.#isOurs(statement.command)) return this.#local(backend.PARSE_COMPLETE)
    if (this.#retry && this.#context.known.has(wireName))
      this.#swallow(frontend.close('S', wireName), BACKEND.closeComplete)
    this.#send(statement.parse, BACKEND.parseComplete, { prepared: wireName })
  }

  #bind(bytes: Buffer): void {
    const bound = frontend.readBind(bytes)
    const statement = this.#statement(bound.statement)
    // A portal that outlives its unit must not be the unnamed one: the next Query message of anyone would end it.
    const named = bound.portal !== '' || this.#flush
    const wireName = named ? this.#names.wireName('portal', bound.portal) : ''
    const portal: Portal = {
      statement,
      wireName,
      values: statement.command.kind === 'setConfig' ? frontend.readBindValues(bytes) : [],
    }
    const previous = this.#names.portals.get(bound.portal)
    this.#names.portals.set(bound.portal, portal)
    if (this.#isOurs(statement.command)) return this.#local(backend.BIND_COMPLETE)
    if (bound.portal === '' && previous?.wireName)
      this.#swallow(frontend.close('P', previous.wireName), BACKEND.closeComplete)
    this.#send(frontend.renameBind(bytes, wireName, statement.wireName), BACKEND.bindComplete)
  }

  /** The statement, parsed again where the real connection has lost or never had it. */
  #statement(name: string): PreparedStatement {
    const statement = statementNamed(name, this.#context.requester)
    const { wireName } = statement
    if (this.#isOurs(statement.command) || statement.parse.length === 0 || this.#parsedHere.has(wireName))
      return statement
    const known = this.#context.known.get(wireName)
    if (wireName === '' || known !== 'fresh') {
      this.#parsedHere.add(wireName)
      if (known === 'stale') this.#swallow(frontend.close('S', wireName), BACKEND.closeComplete)
      this.#swallow(statement.parse, BACKEND.parseComplete, wireName)
    }
    return statement
  }

  /** Is it ours to answer, as things stand? The server runs the others, and in a failed block refuses them itself. */
  #isOurs(command: Command): boolean {
    return isControl(command) && interpret(this.#state, command, false).kind !== 'send'
  }

  #describe(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') return this.#describeStatement(bytes, this.#statement(name))
    const portal = this.#names.portals.get(name)
    if (portal !== undefined && this.#isOurs(portal.statement.command)) return this.#local(backend.NO_DATA)
    this.#send(frontend.renameTarget(bytes, this.#names.portalName(name)), BACKEND.rowDescription)
  }

  #describeStatement(bytes: Buffer, statement: PreparedStatement): void {
    if (this.#isOurs(statement.command))
      return this.#local(Buffer.concat([backend.NO_PARAMETERS, backend.NO_DATA]))
    this.#send(frontend.renameTarget(bytes, statement.wireName), BACKEND.rowDescription)
  }

  #execute(bytes: Buffer): void {
    const { portal: name } = frontend.readExecute(bytes)
    const portal = this.#names.portals.get(name)
    const command: Command = portal?.statement.command ?? { kind: 'other' }
    this.#deallocatesAll ||= deallocatesAll(command)
    if (this.#isOurs(command)) return this.#control(command)
    const outcome = interpret(this.#state, command, false)
    if (outcome.kind === 'send') this.#warn(outcome.warnings)
    this.#prepare()
    const before = this.#state
    const after = afterServer(before, command, portal?.statement.sql ?? '', portal?.values)
    this.#state = this.#flush || this.#retry ? transaction.written(after) : after
    this.#send(frontend.renameExecute(bytes, this.#names.portalName(name)), 'statement', { before })
  }

  #control(command: Command): void {
    let outcome = interpret(this.#state, command, false)
    if (outcome.kind === 'answer' && outcome.step.sql.length > 0) {
      this.#prepare()
      outcome = interpret(this.#state, command, false)
    }
    if (outcome.kind === 'refuse') return this.#refuse(outcome)
    if (outcome.kind === 'send') return
    this.#own(outcome.step.sql, outcome.failure && { failure: outcome.failure })
    this.#state = outcome.step.state
    this.#warn(outcome.warnings)
    this.#local(backend.commandComplete(outcome.tag))
  }

  #warn(warnings: readonly backend.Fields[]): void {
    for (const warning of warnings) this.#local(backend.noticeResponse(warning))
  }

  #refuse({ error: refusal, warnings }: Extract<Outcome, { kind: 'refuse' }>): void {
    this.#warn(warnings)
    if (this.#state.block === undefined && this.#state.region === undefined) {
      this.#refused = true
      return this.#local(backend.errorResponse(refusal))
    }
    this.#prepare()
    this.#statementOfOwn(FAILING_STATEMENT, { forward: true, refusal })
  }

  #close(bytes: Buffer): void {
    const { target, name } = frontend.readTarget(bytes)
    if (target === 'S') return this.#closeStatement(bytes, name)
    const portal = this.#names.portals.get(name)
    this.#names.portals.delete(name)
    if (portal !== undefined && this.#isOurs(portal.statement.command))
      return this.#local(backend.CLOSE_COMPLETE)
    this.#send(
      frontend.renameTarget(bytes, portal?.wireName ?? this.#names.portalName(name)),
      BACKEND.closeComplete,
    )
  }

  #closeStatement(bytes: Buffer, name: string): void {
    const statement = this.#names.statements.get(name)
    this.#names.statements.delete(name)
    if (statement !== undefined && this.#isOurs(statement.command)) return this.#local(backend.CLOSE_COMPLETE)
    const wireName = this.#names.statementName(name)
    this.#parsedHere.delete(wireName)
    this.#send(frontend.renameTarget(bytes, wireName), BACKEND.closeComplete, { closed: wireName })
  }

  /** Sync outside a block ends the implicit transaction, and with it the portals. */
  #closePortals(): void {
    for (const [name, { wireName, statement }] of this.#names.portals) {
      this.#names.portals.delete(name)
      if (wireName === '' || this.#isOurs(statement.command)) continue
      if (transaction.isMaterialized(this.#state))
        this.#swallow(frontend.close('P', wireName), BACKEND.closeComplete)
    }
  }

  #prepare(): void {
    const step = this.#mereRead ? transaction.prepareRead(this.#state) : transaction.prepare(this.#state)
    this.#state = step.state
    if (this.#messages.length === 0) {
      this.#prefix = [...this.#prefix, ...step.sql]
    } else this.#own(step.sql)
  }

  #own(statements: readonly string[], outcome: Pick<Answer, 'failure'> = {}): void {
    for (const sql of statements) this.#statementOfOwn(sql, { forward: false, ...outcome })
  }

  #statementOfOwn(sql: string, answer: Pick<Answer, 'forward' | 'refusal' | 'before' | 'failure'>): void {
    const before = answer.before ?? this.#state
    this.#messages.push(frontend.extendedStatement(sql))
    this.#answers.push({ expect: BACKEND.parseComplete, forward: false, before, state: before })
    this.#answers.push({ expect: BACKEND.bindComplete, forward: false, before, state: before })
    this.#answers.push({ expect: 'statement', ...answer, before, state: this.#state })
  }

  #local(bytes: Buffer): void {
    this.#answers.push({ expect: 'local', forward: true, bytes, state: this.#state })
  }

  #swallow(message: Buffer, expect: number, prepared?: string): void {
    this.#prepare()
    this.#messages.push(message)
    this.#answers.push({
      expect,
      forward: false,
      before: this.#state,
      state: this.#state,
      ...(prepared === undefined ? {} : { prepared }),
    })
  }

  #send(message: Buffer, expect: Answer['expect'], effect: Partial<Answer> = {}): void {
    this.#prepare()
    this.#messages.push(message)
    this.#answers.push({ expect, forward: true, before: this.#state, state: this.#state, ...effect })
  }
}

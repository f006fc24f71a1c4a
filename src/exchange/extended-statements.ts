/**
 * The prepared statements of an extended-protocol unit: what they are, and which must be prepared again. Called by
 * extended-query.ts for each message about a statement; private-databases/relayed-statements.ts reads statements the same way.
 */
import { BACKEND, CLOSE_COMPLETE, PARSE_COMPLETE } from '../protocol/backend.ts'
import { apart } from '../protocol/frames.ts'
import {
  type ClientFrame,
  close,
  FRONTEND,
  parse,
  parseIn,
  readBind,
  renameParse,
  renameTarget,
} from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import { isOurs } from '../transaction/commands.ts'
import type { ExtendedWriter } from './extended-writer.ts'
import type { PreparedStatement, Registration } from './client-names.ts'
import type { Speaker } from './unit.ts'

/** The command of a statement to prepare: exactly one, as the protocol wants it, or none at all. */
export function commandOf(sql: string, requester: Pick<Speaker, 'analyze'>): Command {
  const { statements } = requester.analyze(sql)
  if (statements.length === 0) return { kind: 'empty' }
  return statements.length === 1 ? statements[0]!.command : { kind: 'other' }
}

/** The statement a client means: prepared through the sandbox, or on the client's connection before; else one that the server will not know. */
export function statementNamed(name: string, requester: Speaker): PreparedStatement {
  const { names } = requester
  const known = names.statements.get(name)
  if (known !== undefined) return known
  const wireName = names.statementName(name)
  const sql = requester.preparedBefore(name)
  if (sql === undefined) return { sql: '', command: { kind: 'other' }, wireName, parse: Buffer.alloc(0) }
  const statement = { sql, command: commandOf(sql, requester), wireName, parse: parse(wireName, sql) }
  names.statements.set(name, statement)
  return statement
}

/** Does the unit only read? Parse, Describe and Close alone do, too. */
export function onlyReads(frames: readonly ClientFrame[], requester: Speaker): boolean {
  const parsed = new Set<string>()
  return frames.every((frame) => {
    const { type, bytes } = frame
    if (type === FRONTEND.parse) {
      const { name, sql } = parseIn(frame)
      parsed.add(name)
      return isRead(commandOf(sql, requester))
    }
    if (type !== FRONTEND.bind) return type !== FRONTEND.functionCall
    const { statement } = readBind(bytes)
    return parsed.has(statement) || isRead(statementNamed(statement, requester).command)
  })
}

function isRead({ kind }: Command): boolean {
  return kind === 'read' || kind === 'empty'
}

export interface ExtendedContext {
  readonly requester: Speaker
  /** Wire names of the statements that the real connection has; stale ones are to be prepared again. */
  readonly known: ReadonlyMap<string, 'fresh' | 'stale'>
  /** Does the server run a unit's statements from the second on as in a transaction block? It does since PostgreSQL 18. */
  readonly pipelinesAreBlocks: boolean
}

interface Parsed {
  readonly sql: string
  readonly command: Command
  /** The Parse message of the client. */
  readonly bytes: Buffer
  /** Has the server prepared it once, in a unit that is now sent again? */
  readonly again: boolean
}

/** What a client has prepared with a Parse message. The message is kept apart from the bytes that came with it. */
export function statementOf(
  sql: string,
  command: Command,
  bytes: Buffer,
  wireName: string,
): PreparedStatement {
  return { sql, command, wireName, parse: apart(renameParse(bytes, wireName)) }
}

export class ExtendedStatements {
  readonly #context: ExtendedContext
  readonly #out: ExtendedWriter
  readonly #parsedHere = new Set<string>()
  readonly registered: Registration[] = []

  constructor(context: ExtendedContext, out: ExtendedWriter) {
    this.#context = context
    this.#out = out
  }

  parse(name: string, { sql, command, bytes, again }: Parsed): void {
    const { names } = this.#context.requester
    const wireName = names.statementName(name)
    const statement = statementOf(sql, command, bytes, wireName)
    this.#register(name, statement)
    this.#parsedHere.add(wireName)
    if (isOurs(command)) return this.#out.local(PARSE_COMPLETE)
    if (again && this.#context.known.has(wireName))
      this.#out.swallow(close('S', wireName), BACKEND.closeComplete)
    this.#out.send(statement.parse, BACKEND.parseComplete, { prepared: wireName }, command)
  }

  /** A statement that turns out not to be prepared is forgotten. */
  #register(name: string, statement: PreparedStatement): void {
    const { statements } = this.#context.requester.names
    const previous = name === '' ? undefined : statements.get(name)
    this.registered.push({ answer: this.#out.answers.length, name, previous })
    statements.set(name, statement)
  }

  /** The statement, prepared again where the real connection has lost or never had it. */
  named(name: string): PreparedStatement {
    const statement = statementNamed(name, this.#context.requester)
    const { command, parse: message, wireName } = statement
    if (isOurs(command) || message.length === 0 || this.#parsedHere.has(wireName)) return statement
    const known = this.#context.known.get(wireName)
    if (wireName === '' || known !== 'fresh') {
      this.#parsedHere.add(wireName)
      if (known === 'stale') this.#out.swallow(close('S', wireName), BACKEND.closeComplete)
      this.#out.swallow(message, BACKEND.parseComplete, wireName)
    }
    return statement
  }

  close(bytes: Buffer, name: string): void {
    const { names } = this.#context.requester
    const statement = names.statements.get(name)
    names.statements.delete(name)
    if (statement !== undefined && isOurs(statement.command)) return this.#out.local(CLOSE_COMPLETE)
    const wireName = names.statementName(name)
    this.#parsedHere.delete(wireName)
    this.#out.send(renameTarget(bytes, wireName), BACKEND.closeComplete, { closed: wireName })
  }
}

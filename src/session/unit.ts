/** What a client sends up to the point where it waits for an answer. */
import { type SandboxError, toFields } from '../errors.ts'
import { CLOSE_COMPLETE, errorResponse, type Fields, type Status } from '../protocol/backend.ts'
import { type ClientFrame, FRONTEND, parseIn, readBind, readQuery } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import type { Command } from '../sql/command.ts'
import { isControl } from './control.ts'
import type { Login } from './clones.ts'
import type { Holdings } from './holdings.ts'
import type { Names } from './names.ts'
import type { Listener } from './notifications.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Settings } from './settings.ts'
import type { StatementRecord } from './sql-log.ts'
import type { TransactionState } from './transaction-state.ts'

/** The part of a virtual connection that a session works for. */
export interface Requester extends Listener {
  /** Tells logins apart that the server might judge differently: password and encryption. */
  readonly login: string
  /** Logs in to the server for real. */
  openServer(purpose?: 'pinned' | 'own', database?: string): Promise<ServerConnection>
  /** How it reaches its database. */
  readonly address: Login
  readonly names: Names
  /** Settings of its start-up packet: what RESET brings back. */
  readonly startupSettings: Settings
  /** Its transaction was rolled back with a test: what would have been said in it must not run. */
  isCutOff: boolean
  /** Connections that are idle since their next query waits behind one of this client. */
  readonly heldBack: readonly number[]
  /** Has its connection ended? */
  readonly isGone: boolean
  /** What it has SET, and what else it has in its session; a session writes them back after each unit. */
  settings: Settings
  holdings: Holdings
  /** Of the unit that runs, where there is a log of SQL. */
  readonly record: StatementRecord | undefined
  analyze(sql: string): Analysis
  /** The text of a statement that the client had prepared before it met the sandbox. */
  preparedBefore(name: string): string | undefined
  /** Hands bytes to the client. */
  deliver(bytes: Buffer): void
  /** Returns whether the client does not know the value yet. */
  parameterChanged(name: string, value: string): boolean
  /** The server asks for rows of a COPY: those that have come ahead are to be written now. */
  copyStarted(): void
  /** Its unit has ended with this status of its transaction. */
  ready(status: Status): void
  /** The server has ended the connection while it worked for this client. */
  disconnect(reason: Error | undefined): void
}

export interface Unit {
  readonly requester: Requester
  /** What it asks for, in the order of its messages. */
  readonly texts: readonly Text[]
  /** A Query or FunctionCall message, or extended-protocol messages up to Sync or Flush. */
  readonly frames: readonly ClientFrame[]
  /** Called once, after its last answer. */
  readonly done: (failed: boolean) => void
}

interface Text {
  readonly sql: string
  readonly analysis: Analysis
}

/** A unit that the client is about to have run: the statements that it names are those of now. */
export function unitOf(requester: Requester, frames: readonly ClientFrame[], done: Unit['done']): Unit {
  return { requester, texts: textsOf(frames, requester), frames, done }
}

export function endsInFlush({ frames }: Unit): boolean {
  return frames.at(-1)!.type === FRONTEND.flush
}

/** The answer to a unit that is not run. One that asks for nothing gets its answer, as nothing of it can fail. */
export function refusalOf(
  { frames }: Unit,
  fields: Fields,
): { readonly bytes: Buffer; readonly failed: boolean } {
  const failed = !frames.every(({ type }) => ASKS_NOTHING.has(type))
  if (failed) return { bytes: errorResponse(fields), failed }
  const closes = frames.filter(({ type }) => type === FRONTEND.close)
  return { bytes: Buffer.concat(closes.map(() => CLOSE_COMPLETE)), failed }
}

const ASKS_NOTHING: ReadonlySet<number> = new Set([FRONTEND.close, FRONTEND.flush, FRONTEND.sync])

/** Answers a unit with an error, without running it. */
export function answerError(unit: Unit, fields: Fields): void {
  const { requester } = unit
  const { bytes, failed } = refusalOf(unit, fields)
  requester.deliver(bytes)
  if (!endsInFlush(unit)) requester.ready(requester.isCutOff ? 'E' : 'I')
  unit.done(failed)
}

/**
 * The server has ended the connection while it ran the unit, or the sandbox has because of `failure`.
 *
 * @param isInRow the client has got a part of a row, so that it would take an error for the rest of it
 */
export function disconnect(
  unit: Unit,
  failure: SandboxError | undefined,
  reason: Error | undefined,
  isInRow = false,
): void {
  if (failure !== undefined && !isInRow) unit.requester.deliver(errorResponse(toFields(failure)))
  unit.requester.disconnect(isInRow ? (failure ?? reason) : reason)
  unit.done(true)
}

/** Its SQL, for a message to a person. */
export function sqlOf(unit: Unit): string {
  return unit.texts.map(({ sql }) => sql).join('; ')
}

/** Does it begin or end a transaction, whatever was before? */
export function beginsAnew({ texts }: Unit): boolean {
  const kind = texts[0]?.analysis.statements[0]?.command.kind
  return kind === 'begin' || kind === 'commit' || kind === 'rollback'
}

/** May it open a transaction block? */
export function begins(unit: Unit): boolean {
  return hasCommand(unit, (command) => command.kind === 'begin' || ('chain' in command && command.chain))
}

/** Does it have a command that begins, ends or marks a transaction? */
export function controlsTransaction(unit: Unit): boolean {
  return hasCommand(unit, isControl)
}

/** Must the schema be known before it runs? What changes the schema itself is followed by checks that need not know. */
export function needsSchema(unit: Unit, { block }: TransactionState): boolean {
  if (block !== undefined) return controlsTransaction(unit)
  return !unit.texts.every(({ sql, analysis }) =>
    analysis.statements.every(({ command, start, end }) => changesSchema(command, sql.slice(start, end))),
  )
}

function changesSchema({ kind }: Command, sql: string): boolean {
  return (
    kind === 'createTemporary' || (kind === 'other' && /^(?:create|alter|drop|comment|grant)\b/i.test(sql))
  )
}

/** Would the server have run it by itself, and not as one of several statements of a transaction? */
export function isOneStatement({ texts }: Unit): boolean {
  return texts.every(({ analysis }) => analysis.statements.length <= 1)
}

/** The texts of its statements that are no mere reads. */
export function writingTexts({ texts }: Unit): string[] {
  return texts.flatMap(({ sql, analysis }) =>
    analysis.statements
      .filter(({ command }) => command.kind !== 'read')
      .map(({ start, end }) => sql.slice(start, end)),
  )
}

function hasCommand({ texts }: Unit, isMeant: (command: Command) => boolean): boolean {
  return texts.some(({ analysis }) => analysis.statements.some(({ command }) => isMeant(command)))
}

function textsOf(frames: readonly ClientFrame[], requester: Requester): Text[] {
  const texts: Text[] = []
  for (const frame of frames) {
    const sql = textIn(frame, frames[0]!.type === FRONTEND.parse, requester)
    if (sql !== undefined) texts.push({ sql, analysis: requester.analyze(sql) })
  }
  return texts
}

/** @param parses whether the unit begins by preparing what it binds */
function textIn(frame: ClientFrame, parses: boolean, { names }: Requester): string | undefined {
  const { type, bytes } = frame
  if (type === FRONTEND.query) return readQuery(bytes)
  if (type === FRONTEND.parse) return parseIn(frame).sql
  if (type !== FRONTEND.bind || parses) return undefined
  return names.statements.get(readBind(bytes).statement)?.sql
}

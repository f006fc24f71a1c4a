/** What a client sends up to the point where it waits for an answer. */
import { errorResponse, type Fields, readyForQuery } from '../protocol/backend.ts'
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND, readBind, readParse, readQuery } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import { isControl } from './control.ts'
import type { Names } from './names.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Settings } from './settings.ts'

/** The part of a virtual connection that a session works for. */
export interface Requester {
  /** Tells logins apart that the server might judge differently: password and encryption. */
  readonly login: string
  /** Logs in to the server for real. */
  openServer(): Promise<ServerConnection>
  readonly names: Names
  /** Settings of its start-up packet: what RESET brings back. */
  readonly startupSettings: Settings
  /** Its transaction was rolled back with a test: what would have been said in it must not run. */
  isCutOff: boolean
  /** What it has SET; a session writes it back after each unit. */
  settings: Settings
  analyze(sql: string): Analysis
  /** The text of a statement that the client had prepared before it met the sandbox. */
  preparedBefore(name: string): string | undefined
  /** Hands bytes to the client. */
  deliver(bytes: Buffer): void
  translate(fields: Fields): Fields
  parameterChanged(name: string, value: string): void
  /** The server has ended the connection while it worked for this client. */
  disconnect(reason: Error | undefined): void
}

export interface Unit {
  readonly requester: Requester
  /** A Query or FunctionCall message, or extended-protocol messages up to Sync or Flush. */
  readonly frames: readonly Frame[]
  /** Called once, after its last answer. */
  readonly done: (failed: boolean) => void
}

export function endsInFlush({ frames }: Unit): boolean {
  return frames.at(-1)!.type === FRONTEND.flush
}

/** Answers a unit with an error, without running it. */
export function answerError(unit: Unit, fields: Fields): void {
  const { requester } = unit
  requester.deliver(errorResponse(fields))
  if (!endsInFlush(unit)) requester.deliver(readyForQuery(requester.isCutOff ? 'E' : 'I'))
  unit.done(true)
}

/** Its SQL, for a message to a person. */
export function sqlOf(unit: Unit): string {
  return textsOf(unit).join('; ')
}

/** Does it begin or end a transaction, whatever was before? */
export function beginsAnew(unit: Unit): boolean {
  const [sql] = textsOf(unit)
  const kind = sql === undefined ? undefined : unit.requester.analyze(sql).statements[0]?.command.kind
  return kind === 'begin' || kind === 'commit' || kind === 'rollback'
}

/** Does it have a command that begins, ends or marks a transaction? */
export function controlsTransaction(unit: Unit): boolean {
  return textsOf(unit).some((sql) =>
    unit.requester.analyze(sql).statements.some(({ command }) => isControl(command)),
  )
}

function textsOf({ frames, requester }: Unit): string[] {
  return frames.flatMap(({ type, bytes }) => {
    if (type === FRONTEND.query) return readQuery(bytes)
    if (type === FRONTEND.parse) return readParse(bytes).sql
    if (type !== FRONTEND.bind || frames[0]!.type === FRONTEND.parse) return []
    return requester.names.statements.get(readBind(bytes).statement)?.sql ?? []
  })
}

/**
 * What a client sends up to the point where it waits for an answer, as far as an exchange is made of it. Pure.
 *
 * An exchange needs no more of a client than what it has prepared, and how it reads SQL: a Speaker. The session adds who
 * the client is and what it is told (session/unit.ts).
 */
import { CLOSE_COMPLETE, errorResponse, type Fields } from '../protocol/backend.ts'
import { type ClientFrame, FRONTEND, parseIn, readBind, readQueryIn } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import type { Command } from '../sql/command.ts'
import { definesSchema } from '../sql/traces.ts'
import { isControl } from '../transaction/commands.ts'
import type { TransactionState } from '../transaction/state.ts'
import type { Names } from './client-names.ts'

/** Who speaks: the names that a client has given, and how its texts are read. */
export interface Speaker {
  readonly names: Names
  /** That of the client's texts, as the server names it. */
  readonly encoding: string | undefined
  analyze(sql: string): Analysis
  /** The text of a statement that the client had prepared before it met the sandbox. */
  preparedBefore(name: string): string | undefined
}

export interface SpokenUnit {
  readonly requester: Speaker
  /** What the unit asks for, in the order of its messages. */
  readonly texts: readonly Text[]
  /** A Query or FunctionCall message, or extended-protocol messages up to Sync or Flush. */
  readonly frames: readonly ClientFrame[]
}

export interface Text {
  readonly sql: string
  readonly analysis: Analysis
}

type Frames = Pick<SpokenUnit, 'frames'>
type Texts = Pick<SpokenUnit, 'texts'>

/** The texts of a client's messages: the statements that they name are those of now. */
export function textsOf(frames: readonly ClientFrame[], speaker: Speaker): Text[] {
  const texts: Text[] = []
  // A unit that begins by preparing a statement binds that one.
  const parses = frames[0]!.type === FRONTEND.parse
  for (const frame of frames) {
    let sql: string | undefined
    if (frame.isFaulty) texts.push(UNREADABLE)
    else if (frame.type === FRONTEND.parse) sql = parseIn(frame).sql
    else if (frame.type === FRONTEND.query) sql = readQueryIn(speaker.encoding, frame.bytes)
    else if (frame.type === FRONTEND.bind && !parses)
      sql = speaker.names.statements.get(readBind(frame.bytes).statement)?.sql
    if (sql !== undefined) texts.push({ sql, analysis: speaker.analyze(sql) })
  }
  return texts
}

/** Of a message that the server will not read. */
const UNREADABLE: Text = {
  sql: '',
  analysis: {
    statements: [{ start: 0, end: 0, command: { kind: 'invalid' } }],
    opensBlock: false,
    cancels: false,
  },
}

/** The answer to a unit that is not run. One that asks for nothing gets its answer, as nothing of it can fail. */
export function refusalOf(
  { frames }: Frames,
  fields: Fields,
): { readonly bytes: Buffer; readonly failed: boolean } {
  const failed = !frames.every(({ type }) => ASKS_NOTHING.has(type))
  if (failed) return { bytes: errorResponse(fields), failed }
  const closes = frames.filter(({ type }) => type === FRONTEND.close)
  return { bytes: Buffer.concat(closes.map(() => CLOSE_COMPLETE)), failed }
}

const ASKS_NOTHING: ReadonlySet<number> = new Set([FRONTEND.close, FRONTEND.flush, FRONTEND.sync])

/** The SQL of a unit, for a message to a person. */
export function sqlOf({ texts }: Texts): string {
  return texts.map(({ sql }) => sql).join('; ')
}

/** Does the unit begin or end a transaction, whatever was before? */
export function beginsAnew({ texts }: Texts): boolean {
  const kind = texts[0]?.analysis.statements[0]?.command.kind
  return kind === 'begin' || kind === 'commit' || kind === 'rollback'
}

/** Does the unit have a command that begins, ends or marks a transaction? */
export function controlsTransaction({ texts }: Texts): boolean {
  return texts.some(({ analysis }) => analysis.statements.some(({ command }) => isControl(command)))
}

/** Must the schema be known before the unit runs? What changes the schema itself is followed by checks that need not know. */
export function needsSchema(unit: Texts, { block }: TransactionState): boolean {
  if (block !== undefined) return controlsTransaction(unit)
  return !unit.texts.every(({ sql, analysis }) =>
    analysis.statements.every(({ command, start, end }) => changesSchema(command, sql.slice(start, end))),
  )
}

function changesSchema({ kind }: Command, sql: string): boolean {
  return kind === 'createTemporary' || (kind === 'other' && definesSchema(sql))
}

/** Would the server have run the unit by itself, and not as one of several statements of a transaction? */
export function isOneStatement({ texts }: Texts): boolean {
  return texts.every(({ analysis }) => analysis.statements.length <= 1)
}

/** The texts of the statements that are no mere reads. */
export function writingTexts({ texts }: Texts): string[] {
  return texts.flatMap(({ sql, analysis }) =>
    analysis.statements
      .filter(({ command }) => command.kind !== 'read')
      .map(({ start, end }) => sql.slice(start, end)),
  )
}

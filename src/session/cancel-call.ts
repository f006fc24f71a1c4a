/**
 * `select pg_cancel_backend(…)` with the process id that a client was given: knex sends it to end a query that takes too long.
 *
 * Clients of a session share a connection, so on the server the id is nobody's or that of all. And the call would wait in line
 * behind the query that it is to cancel. So the session cancels what that client runs, and answers here.
 */
import { areUnnamed, type ClientFrame, FRONTEND, readBindValues } from '../protocol/frontend.ts'
import {
  BIND_COMPLETE,
  booleanColumn,
  commandComplete,
  type Fields,
  PARSE_COMPLETE,
  textRow,
} from '../protocol/backend.ts'
import type { Unit } from './unit.ts'

const CALL =
  /^\s*select\s+(?:pg_catalog\s*\.\s*)?pg_cancel_backend\s*\(\s*(?:(\d{1,10})|\$1)(?:\s*::\s*int(?:eger|4)?)?\s*\)(?:\s+(?:as\s+)?([a-z_]\w*))?\s*;?\s*$/i

const BOUND = [FRONTEND.parse, FRONTEND.bind, FRONTEND.describe, FRONTEND.execute, FRONTEND.sync]

interface CancelCall {
  readonly processId: number
  /** What the call is told: true, as the process is there. */
  readonly answer: Buffer
}

/** Undefined for a unit that is more than such a call. */
export function cancelCallOf({ frames, texts }: Unit): CancelCall | undefined {
  const call = CALL.exec(texts[0]!.sql)
  const isSimple = frames[0]!.type === FRONTEND.query
  if (call === null || !(isSimple || areUnnamed(frames, BOUND))) return undefined
  const [, given, alias = 'pg_cancel_backend'] = call
  const id = given ?? (isSimple ? undefined : readBindValues(frames[1]!.bytes)[0])
  if (id === undefined || id === null) return undefined
  const answers = frames.map((frame) => answerTo(frame, alias.toLowerCase()))
  return { processId: Number(id), answer: Buffer.concat(answers) }
}

function answerTo({ type }: ClientFrame, column: string): Buffer {
  switch (type) {
    case FRONTEND.parse:
      return PARSE_COMPLETE
    case FRONTEND.bind:
      return BIND_COMPLETE
    case FRONTEND.describe:
      return booleanColumn(column)
    case FRONTEND.execute:
      return ROW
    case FRONTEND.query:
      return Buffer.concat([booleanColumn(column), ROW])
    default:
      return Buffer.alloc(0)
  }
}

const ROW: Buffer = Buffer.concat([textRow('t'), commandComplete('SELECT 1')])

/** What a query is told that has not begun when it is cancelled. */
export function cancelled(): Fields {
  const severity = 'ERROR'
  return {
    S: severity,
    V: severity,
    C: '57014',
    M: 'canceling statement due to user request',
    F: 'postgres.c',
    R: 'ProcessInterrupts',
  }
}

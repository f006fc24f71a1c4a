/**
 * A unit (exchange/unit.ts) with its client, and what the client is told where the session does not run the unit to its end.
 * Virtual connections make units, and sessions run them.
 */
import { type SandboxError, toFields } from '../errors.ts'
import { errorResponse, type Fields } from '../protocol/backend.ts'
import { type ClientFrame, FRONTEND } from '../protocol/frontend.ts'
import { refusalOf, type SpokenUnit, textsOf } from '../exchange/unit.ts'
import type { Requester } from './requester.ts'

/** A level inside which deeper ones may have been opened. */
export interface OuterLevel {
  /** How many levels its scope had open with it; 0 for what is outside them all. */
  readonly depth: number
  /** The error for a query of this level that comes when a deeper one has written. */
  overtaking(sql: string): Fields
}

export interface Unit extends SpokenUnit {
  readonly requester: Requester
  /** Does the client wait behind Flush, so that its transaction goes on and it gets no ReadyForQuery? */
  readonly endsInFlush: boolean
  /** Is there a BEGIN in it, or AND CHAIN? */
  readonly mayOpenBlock: boolean
  /** The level that it belongs to, where a deeper one was opened before it came; set by its session. */
  outer: OuterLevel | undefined
  /** Called once, after the last answer. */
  readonly done: (failed: boolean) => void
}

/** A unit that the client is about to have run. */
export function unitOf(requester: Requester, frames: readonly ClientFrame[], done: Unit['done']): Unit {
  const endsInFlush = frames.at(-1)!.type === FRONTEND.flush
  const texts = textsOf(frames, requester)
  const mayOpenBlock = texts.some(({ analysis }) => analysis.opensBlock)
  return { requester, texts, frames, endsInFlush, mayOpenBlock, outer: undefined, done }
}

/** Answers a unit with an error, without running it. */
export function answerError(unit: Unit, fields: Fields): void {
  const { requester } = unit
  const { bytes, failed } = refusalOf(unit, fields)
  requester.deliver(bytes)
  if (!unit.endsInFlush) requester.ready(requester.cutOff?.status ?? 'I')
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

/** A unit that is relayed as it is: which of the server's messages is the last answer to it. */
import { BACKEND, type Fields } from '../protocol/backend.ts'
import { FRONTEND, parse, query } from '../protocol/frontend.ts'
import type { Unit } from '../session/unit.ts'

/** No SQL, so that it fails in every state. */
const FAILING = 'pg-sandbox refuses it'

/** Each of these answers one message of the extended protocol. */
const ANSWERS: ReadonlySet<number> = new Set([
  BACKEND.parseComplete,
  BACKEND.bindComplete,
  BACKEND.closeComplete,
  BACKEND.rowDescription,
  BACKEND.noData,
  BACKEND.commandComplete,
  BACKEND.emptyQuery,
  BACKEND.portalSuspended,
])

export class RelayedUnit {
  readonly unit: Unit
  /** Answers still to come to a unit that ends in Flush; any other ends with ReadyForQuery. */
  #awaited: number | undefined
  /** Has the server met an error in a unit that ends in Flush? Then it passes over all that comes before a Sync. */
  hasFailed = false

  /** The error that stands for the server's, where the unit was made to fail. */
  readonly refusal: Fields | undefined

  constructor(unit: Unit, refusal?: Fields) {
    this.unit = unit
    this.refusal = refusal
    this.#awaited = unit.endsInFlush ? unit.frames.length - 1 : undefined
  }

  /** What is sent for it. A unit that is refused fails on the server, too, whose transaction ends as the client is told. */
  get messages(): readonly Buffer[] {
    const { frames } = this.unit
    if (this.refusal === undefined) return frames.map(({ bytes }) => bytes)
    if (frames[0]!.type === FRONTEND.query) return [query(FAILING)]
    return [parse('', FAILING), frames.at(-1)!.bytes]
  }

  /** Is it answered with this message? */
  isAnsweredBy(type: number): boolean {
    if (this.#awaited === undefined) return type === BACKEND.readyForQuery
    this.hasFailed = type === BACKEND.error
    if (ANSWERS.has(type)) this.#awaited -= 1
    return this.hasFailed || this.#awaited === 0
  }
}

/**
 * Statements of the sandbox in front of an exchange, and what the server says to them. Made by RunningExchange; without it
 * the answers to a guard would be taken for the client's.
 */
import { BACKEND, type Fields, readFields } from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'

/** What was to be sent ahead, and goes in front of the statements that prepare a unit: the server answers to all of them at once. */
export interface Joined {
  readonly sql: readonly string[]
  readonly done: () => void
}

type Statements = readonly string[]

function written(joined: readonly Joined[], sql: Statements): Buffer {
  return query([...joined.flatMap((one) => one.sql), ...sql].join(';'))
}

/** The messages for statements, by those that go in front of them: a session sends the same few again and again. */
const messages = new WeakMap<Statements, WeakMap<Statements, Buffer>>()
const NONE: Statements = []

function messageOf(joined: Joined | undefined, sql: Statements): Buffer {
  const before = joined?.sql ?? NONE
  let behind = messages.get(sql)
  if (behind === undefined) messages.set(sql, (behind = new WeakMap()))
  let message = behind.get(before)
  if (message === undefined) behind.set(before, (message = written(joined ? [joined] : [], sql)))
  return message
}

export class Prefix {
  readonly sql: readonly string[]
  /** What was to be sent ahead, and goes in front of it now. */
  readonly #joined: readonly Joined[]
  /** One message, as the server answers to each by itself. */
  readonly message: Buffer
  /** Is what the server says now an answer to it, and not to the unit? */
  isAwaited = true
  error: Fields | undefined

  constructor(sql: readonly string[], joined: readonly Joined[]) {
    this.sql = sql
    this.#joined = joined
    this.message = joined.length > 1 ? written(joined, sql) : messageOf(joined[0], sql)
  }

  /** Has what was to be sent ahead not been run yet, and so nothing of the unit? */
  get isBehind(): boolean {
    return this.isAwaited && this.#joined.length > 0
  }

  answer(type: number, bytes: Buffer): void {
    if (type === BACKEND.error) this.error = readFields(bytes)
    if (type !== BACKEND.readyForQuery) return
    this.isAwaited = false
    if (this.error === undefined) for (const { done } of this.#joined) done()
  }
}

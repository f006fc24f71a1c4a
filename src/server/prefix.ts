/** Statements of our own in front of an exchange, and what the server says to them. */
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
  /** Is what the server says now an answer to it, and not to the unit? */
  isAwaited: boolean
  error: Fields | undefined

  constructor(sql: readonly string[], joined: readonly Joined[] = []) {
    this.sql = sql
    this.#joined = joined
    this.isAwaited = this.sql.length > 0
  }

  /** One message, as the server answers to each by itself. */
  get messages(): readonly Buffer[] {
    if (this.sql.length === 0) return []
    const [first, ...others] = this.#joined
    return [others.length > 0 ? written(this.#joined, this.sql) : messageOf(first, this.sql)]
  }

  /** Has what was to be sent ahead not been run yet, and so nothing of the unit? */
  get isBehind(): boolean {
    return this.isAwaited && this.#joined.length > 0
  }

  hear(type: number, bytes: Buffer): void {
    if (type === BACKEND.error) this.error = readFields(bytes)
    if (type !== BACKEND.readyForQuery) return
    this.isAwaited = false
    if (this.error === undefined) for (const { done } of this.#joined) done()
  }
}

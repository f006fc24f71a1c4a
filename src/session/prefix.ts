/** Statements of our own in front of an exchange, and what the server says to them. */
import { BACKEND, type Fields, readFields } from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import type { Joined } from './ahead.ts'

export class Prefix {
  readonly sql: readonly string[]
  readonly #joined: readonly Joined[]
  /** Is what the server says now an answer to it, and not to the unit? */
  isAwaited: boolean
  error: Fields | undefined

  /** @param joined what was to be sent ahead, and goes in front of it now */
  constructor(sql: readonly string[], joined: readonly Joined[] = []) {
    this.sql = joined.length === 0 ? sql : [...joined.flatMap((ahead) => ahead.sql), ...sql]
    this.#joined = joined
    this.isAwaited = this.sql.length > 0
  }

  /** One message, as the server answers to each by itself. */
  get message(): Buffer | undefined {
    return this.sql.length === 0 ? undefined : query(this.sql.join(';'))
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

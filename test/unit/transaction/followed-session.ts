import { begin, commit, rollback } from '../../../src/transaction/block.ts'
import { rollbackLevel, startLevel } from '../../../src/transaction/levels.ts'
import { materialize, materializeForRead } from '../../../src/transaction/materialize.ts'
import { endRegion, failed, written } from '../../../src/transaction/regions.ts'
import { initialState, type TransactionState } from '../../../src/transaction/state.ts'
import { type Schema, UNKNOWN_SCHEMA } from '../../../src/transaction/schema.ts'
import type { Belongings } from '../../../src/transaction/belongings.ts'
import { setBy, type Settings } from '../../../src/transaction/settings.ts'
import type { TransactionModes } from '../../../src/sql/command.ts'

/** A database that has been looked at, and has nothing that would have to be cared for. */
export const KNOWN: Schema = { ...UNKNOWN_SCHEMA, functionsChangeIt: false, isStale: false }

export const idle: TransactionState = { ...initialState(1), schema: KNOWN }
export const inBlock: TransactionState = materialize(begin(idle, {}).state).state

export const BEGIN = ['BEGIN READ WRITE', 'SET LOCAL default_transaction_read_only = off']
export const GUARD = 'SAVEPOINT "pg-sandbox guard"'
export const RELEASE_GUARD = 'RELEASE SAVEPOINT "pg-sandbox guard"'
export const UNDO = 'ROLLBACK TO SAVEPOINT "pg-sandbox guard"'
export const READ_ONLY = 'SET TRANSACTION READ ONLY'
/** The end of a transaction in whose outermost segment there is a guard, which proves that it is ours. */
export const END = [UNDO, 'ROLLBACK']
/** What stands in front of the first statement. */
export const START = [...BEGIN, GUARD]
export const CHECK = 'SET CONSTRAINTS ALL IMMEDIATE'

export const tokyo = "SET timezone TO 'Asia/Tokyo'"
export const lima = "SET timezone TO 'America/Lima'"
export const TOKYO: Settings = new Map([['timezone', setBy(tokyo, 'Asia/Tokyo')]])
export const LIMA: Settings = new Map([['timezone', setBy(lima, 'America/Lima')]])

/** The state where the client that is served has this. */
export function having(state: TransactionState, belongings: Partial<Belongings>): TransactionState {
  return { ...state, client: { ...state.client, ...belongings } }
}

/** Follows a state and tells what would be sent. */
export class FollowedSession {
  state: TransactionState = idle

  served(settings: Settings): this {
    this.state = having(this.state, { settings })
    return this
  }

  write(): readonly string[] {
    const { sql, state } = materialize(this.state)
    this.state = endRegion(written(state)).state
    return sql
  }

  fail(): readonly string[] {
    const { sql, state } = materialize(this.state)
    this.state = endRegion(failed(state)).state
    return sql
  }

  /** A read, that is kept as one. */
  read(): readonly string[] {
    const { sql, state } = materializeForRead(this.state)
    this.state = endRegion(state).state
    return sql
  }

  begin(modes: TransactionModes = {}): this {
    const step = begin(this.state, modes)
    expect(step.sql).toEqual([])
    this.state = step.state
    return this
  }

  commit(): this {
    this.state = commit(this.state).state
    return this
  }

  rollback(): this {
    this.state = rollback(this.state)
    return this
  }

  start(): this {
    this.state = startLevel(this.state)
    return this
  }

  undoLevel(): readonly string[] {
    const { sql, state } = rollbackLevel(this.state)
    this.state = state
    return sql
  }
}

/** Programs of actors that work at the same time, and faults: a case that fails can be printed as JSON and run again. */
import type { Level, Pages, Pipeline, Statement } from '../program.ts'

export type Step =
  | Statement
  | Pipeline<Statement>
  /** Writes a number of its own, so that it can be said later whether the row must be there. */
  | { readonly kind: 'mark' }
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  /** As an application does it: rolled back when a step fails. */
  | {
      readonly kind: 'transaction'
      readonly steps: readonly Step[]
      readonly end: 'commit' | 'rollback' | 'none'
    }
  | Pages
  | { readonly kind: 'copyIn'; readonly rows: number; readonly end: 'end' | 'destroy' }
  | { readonly kind: 'copyOut'; readonly sql: string }
  | { readonly kind: 'pause'; readonly milliseconds: number }
  | Level<Step>

/** One user of the database: takes its steps one after the other, at the same time as the others. */
export interface ActorPlan {
  /** `before`: a client that was really connected before the sandbox began; `pipelined`: with the option `pipeline`. */
  readonly through: 'client' | 'before' | 'pipelined' | 'pooled' | 'pool'
  readonly scope: 'main' | 'parallel'
  readonly steps: readonly Step[]
}

export interface Program {
  /** `functions`: the database has functions and views that write. */
  readonly database: 'plain' | 'functions'
  /** Does the test file write something outside its tests, as in `beforeAll`? */
  readonly fileWrites: boolean
  readonly actors: readonly ActorPlan[]
}

export type Manner = 'end' | 'reset' | 'stall'

/** Kinds that need no further word. */
export type BareKind =
  | 'none'
  | 'poolEnd'
  | 'clientDestroyed'
  | 'clientEnded'
  | 'rollbackMidway'
  | 'closeMidway'
  | 'restartFast'
  | 'restartImmediate'

export type FaultAction =
  | { readonly kind: BareKind }
  /** One backend, that which is busy first, or all of them. */
  | { readonly kind: 'terminate'; readonly which: 'one' | 'all' }
  | { readonly kind: 'cancelFromOutside'; readonly times: number }
  | { readonly kind: 'cancelByClient'; readonly times: number }
  | { readonly kind: 'cutFromClient' | 'cutFromServer'; readonly bytes: number; readonly manner: Manner }
  | { readonly kind: 'dropped'; readonly open: boolean; readonly busy: boolean }
  | { readonly kind: 'statementTimeout' | 'queryTimeout'; readonly milliseconds: number }
  /** All connections are cut, and so many new ones are closed at once. */
  | { readonly kind: 'refused'; readonly times: number }

export type FaultKind = FaultAction['kind']

/** `before` what it is about, in the same turn of the event loop, or some milliseconds later. */
export type Delay = 'before' | number

export type Moment =
  | { readonly at: 'step'; readonly actor: number; readonly step: number; readonly delay: Delay }
  /** When the test ends, or the sandbox. */
  | { readonly at: 'rollback' | 'close'; readonly delay: Delay }

export interface Fault {
  readonly when: Moment
  readonly action: FaultAction
}

export interface Case {
  readonly program: Program
  readonly faults: readonly Fault[]
}

/** After these the test is given up, as a runner does when its time is over, while its steps still run. */
export function givesUp({ when, action }: Fault): boolean {
  if (action.kind === 'rollbackMidway' || action.kind === 'closeMidway') return true
  return when.at === 'step' && isStall(action)
}

/** Is the network silent, with no end of the connection? */
export function isStall(action: FaultAction): boolean {
  return 'manner' in action && action.manner === 'stall'
}

/** By its first fault. */
export function kindOf({ faults: [first] }: Case): FaultKind {
  return first?.action.kind ?? 'none'
}

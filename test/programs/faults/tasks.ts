/** What the process that gives out the programs and those that run them say to each other. */
import type { Case } from './program.ts'
import type { Report } from './run-case.ts'
import type { WorldOptions } from './world.ts'

export interface Task {
  readonly id: number
  readonly plan: Case
}

export interface ToWorker {
  readonly world: WorldOptions
  /** To be run one after the other. */
  readonly tasks: readonly Task[]
}

export type FromWorker =
  | { readonly kind: 'begun' }
  | { readonly kind: 'ended'; readonly report: Report; readonly milliseconds: number }

export interface Result {
  readonly task: Task
  readonly report: Report
  readonly milliseconds: number
}

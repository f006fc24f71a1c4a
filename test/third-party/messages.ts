import type { Databases } from './stage.ts'

/** Each behaviour is run without a sandbox, then in two tests. */
export const RUNS = ['plain', 'first', 'second'] as const
export type Run = (typeof RUNS)[number]

/** What a worker is to do. */
export type Order = {
  readonly adapter: string
  readonly plain: Databases
  readonly sandboxed: Databases
  /** Databases in which the library first makes what it needs. */
  readonly prepare?: readonly string[]
  /** Behaviour and run of those done already. */
  readonly skip: readonly string[]
}

export type Report =
  | {
      readonly kind: 'ready'
      readonly cannot: Readonly<Record<string, string>>
      readonly unreliable: Readonly<Record<string, string>>
      readonly notes: Readonly<Record<string, string>>
      readonly empty: string
    }
  | { readonly kind: 'running'; readonly id: string; readonly run: Run }
  | {
      readonly kind: 'ran'
      readonly id: string
      readonly run: Run
      readonly applies: boolean
      readonly error?: string
    }
  | { readonly kind: 'end' }

export type Answer = 'go on'

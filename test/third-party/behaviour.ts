import type { Instance, OpenOptions } from './instance.ts'

type Database = 'plain tables' | 'functions and deferred constraints'

/** What a behaviour is given. */
export type Test<Needed extends keyof Instance = never> = {
  /** One for all behaviours of the library. */
  readonly instance: Instance & Required<Pick<Instance, Needed>>
  readonly sandboxed: boolean
  /** One more instance, closed at the end if the test does not. */
  open(options?: OpenOptions): Promise<Instance & Required<Pick<Instance, Needed>>>
  /** Ends the test and begins the next; without a sandbox it does nothing. */
  nextTest(): Promise<void>
  /** Runs `work` before the sandbox starts. */
  beforeStart<Result>(work: () => Promise<Result>): Promise<Result>
  parallel<Result>(work: () => Promise<Result>): Promise<Result>
  /** Options of the sandbox, for this test. */
  configure(options: { outsideQueries?: 'error' | 'share'; outsideQueryTimeout?: number }): void
}

export type Behaviour = {
  readonly id: string
  /** For the legend of the table. */
  readonly title: string
  readonly needs: readonly (keyof Instance)[]
  readonly database: Database
  /** There is nothing to compare it with. */
  readonly onlySandboxed: boolean
  readonly needsOnConnect: boolean
  readonly needsUnique: boolean
  readonly needsHandles: boolean
  run(test: Test<any>): Promise<void>
}

type Description<Needed extends keyof Instance> = {
  readonly needs: readonly Needed[]
  readonly database?: Database
  readonly onlySandboxed?: boolean
  readonly needsOnConnect?: boolean
  /** Not for a library that replaces a row with the same key. */
  readonly needsUnique?: boolean
  /** Not for a library that puts every query of a transaction's callback into the transaction by itself. */
  readonly needsHandles?: boolean
  run(test: Test<Needed>): Promise<void>
}

export function behaviour<Needed extends keyof Instance>(
  id: string,
  title: string,
  description: Description<Needed>,
): Behaviour {
  return {
    id,
    title,
    database: 'plain tables',
    onlySandboxed: false,
    needsOnConnect: false,
    needsUnique: false,
    needsHandles: false,
    ...description,
  }
}

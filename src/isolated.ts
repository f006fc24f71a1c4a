/**
 * isolated: a test body in a scope of its own, for tests that the runner runs at the same time.
 *
 * All entries export it; around-hooks puts whole tests in scopes by it. Without it such tests would share a transaction.
 */
import { doneCallback, invalidSeed } from './hook-errors.ts'
import { prepareSandbox } from './prepare-sandbox.ts'
import { sandbox } from './sandbox/sandbox.ts'

export interface IsolatedOptions {
  /** Makes the rows that the test begins with; runs first, in the test's own scope. Default: none. */
  readonly seed?: (() => unknown) | undefined
}

/** A test body that waits for the scope to be rolled back. It declares no parameters, and passes on those it is given. */
export type IsolatedBody<This, Parameters extends readonly unknown[], Result> = (
  this: This,
  ...given: Parameters
) => Promise<Result>

/**
 * Puts a test body in a scope of its own, so that the runner may run it beside others: with its own connection and
 * transaction, which are rolled back when its promise settles. It sees nothing of what was written outside it in the
 * sandbox, such as rows made in `beforeAll`: make them in the body, or in `seed`.
 *
 * @param options default: no `seed`
 * @param body what the runner is to run; it is given what the runner gives, and may not take a `done` callback
 * @returns the body for the runner; what it gives and throws is that of `body`
 * @throws {SandboxError} `PG_SANDBOX_DONE_CALLBACK`, when it runs, for a body that takes more parameters than the runner
 *   gives it
 *
 * @example
 * test.concurrent('an email is taken once', isolated(async () => { await signUp('ada@example.com') }))
 *
 * @example
 * const withAda = { seed: () => signUp('ada@example.com') }
 * test.concurrent('a user can be removed', isolated(withAda, async () => { … }))
 */
export function isolated<This, Parameters extends readonly unknown[], Result>(
  body: (this: This, ...given: Parameters) => Result | PromiseLike<Result>,
): IsolatedBody<This, Parameters, Result>
export function isolated<This, Parameters extends readonly unknown[], Result>(
  options: IsolatedOptions,
  body: (this: This, ...given: Parameters) => Result | PromiseLike<Result>,
): IsolatedBody<This, Parameters, Result>
export function isolated(...given: readonly unknown[]): IsolatedBody<unknown, readonly unknown[], unknown> {
  const [options, body] = (given.length > 1 ? given : [{}, given[0]]) as [IsolatedOptions, Body]
  if (typeof body !== 'function')
    throw new TypeError('isolated takes a test body: isolated(async () => { … })')
  const { seed } = options
  checkSeed(seed)
  // Declares no parameters: runners would take those for a done callback.
  async function isolatedBody(this: unknown, ...parameters: readonly unknown[]): Promise<unknown> {
    if (body.length > parameters.length) throw doneCallback(body.length, parameters.length)
    return inScope(parameters[0], seed, () => body.apply(this, [...parameters]))
  }
  // Vitest reads in the text which fixtures a body wants.
  return Object.assign(isolatedBody, { toString: () => body.toString() })
}

type Body = (this: unknown, ...given: unknown[]) => unknown

export function checkSeed(seed: unknown): void {
  if (seed !== undefined && typeof seed !== 'function') throw invalidSeed(seed)
}

/**
 * Runs a test in a scope of its own.
 *
 * @param given what the runner gives to the test
 */
export function inScope<Result>(
  given: unknown,
  seed: IsolatedOptions['seed'],
  work: () => Result | PromiseLike<Result>,
): Promise<Result> {
  prepareSandbox()
  return sandbox().isolated(given, async () => {
    await seed?.()
    return work()
  })
}

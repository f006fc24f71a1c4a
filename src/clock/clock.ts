/**
 * The real timers and clocks, taken at import: a runner's fake timers, which come later, must not stop the sandbox.
 *
 * Every room that waits gets its timers here (a lint rule keeps `node:timers` out of the others). With the global ones a
 * suite with fake timers would hang in its hooks.
 */
import * as timers from 'node:timers'

const { clearTimeout } = timers
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
export const setTimeout: typeof timers.setTimeout = timers.setTimeout

export const nextTick: typeof process.nextTick = process.nextTick.bind(process)

/** Milliseconds on a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)

/** Milliseconds since 1970. */
export const dateNow: () => number = Date.now

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Calls `late` after `milliseconds`, unless the returned function has been called before. */
export function limit(milliseconds: number, late: () => void): () => void {
  const timer = setTimeout(late, milliseconds)
  return () => clearTimeout(timer)
}

/** What `work` gives; rejects with `late()` when `work` takes longer than `milliseconds`. */
export function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const lift = limit(milliseconds, () => reject(late()))
    work.then(resolve, reject).finally(lift)
  })
}

/**
 * Cancels what runs after `milliseconds`, and closes its connection after as long again.
 *
 * @returns lifts the limit
 */
export function cancelThenClose(
  milliseconds: number,
  { cancel, close }: { readonly cancel: () => void; readonly close: () => void },
): () => void {
  let lift = limit(milliseconds, () => {
    lift = limit(milliseconds, close)
    cancel()
  })
  return () => lift()
}

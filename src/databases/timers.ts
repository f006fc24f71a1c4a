/** The real timers and clock: taken at import, so that a runner's fake timers cannot stop what goes on in the background. */
import * as timers from 'node:timers'

const { setTimeout, clearTimeout } = timers

/** Milliseconds since 1970. */
export const now: () => number = Date.now

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** What `work` gives; rejects with `late()` when it takes longer than `limit` milliseconds. */
export function within<Result>(limit: number, work: Promise<Result>, late: () => Error): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), limit)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

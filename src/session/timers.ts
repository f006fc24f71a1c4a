/** The real timers: taken at import, so that a runner's fake timers cannot stop the sandbox. */
import * as timers from 'node:timers'

export const setTimeout: typeof timers.setTimeout = timers.setTimeout
/** Milliseconds on a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout

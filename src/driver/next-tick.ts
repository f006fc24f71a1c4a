/** The real process.nextTick: taken at import, so that a runner's fake timers cannot stop the sandbox. */
export const nextTick: typeof process.nextTick = process.nextTick

/** A wait that has a limit. */
import { clearTimeout, setTimeout } from './timers.ts'

/** What the promise resolves to; undefined when it rejects, or has not settled after so many milliseconds. */
export async function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  const settled = promise.catch(() => undefined)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds)
    void settled.then((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

/** Expects `promise` to reject with the given SQLSTATE or code of the sandbox, however the library wraps it. */
export async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  const error = await rejectionOf(promise)
  assert.ok(
    holds(error, code),
    `expected the code ${code}, not\n${inspect(error, { depth: 3 }).slice(0, 1500)}`,
  )
}

/** Expects `promise` to reject with an error that says `text`, however the library wraps it. */
export async function expectMessage(promise: Promise<unknown>, text: string): Promise<void> {
  const error = await rejectionOf(promise)
  assert.ok(holds(error, text), `expected “${text}”, not\n${inspect(error, { depth: 3 }).slice(0, 1500)}`)
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new assert.AssertionError({ message: `expected a rejection, not ${inspect(value, { depth: 1 })}` })
}

/** Whether the error, or what it was caused by, has the text in one of its fields. */
function holds(error: unknown, text: string, depth = 0): boolean {
  if (typeof error === 'string') return error === text || (text.includes(' ') && error.includes(text))
  if (typeof error !== 'object' || error === null || depth > 6) return false
  return Object.getOwnPropertyNames(error).some(
    (name) => name !== 'stack' && holds(Reflect.get(error, name), text, depth + 1),
  )
}

/** Waits until `condition` holds, at most five seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = Date.now() + 5000
  while (!(await condition())) {
    if (Date.now() > limit) throw new assert.AssertionError({ message: `did not happen: ${what}` })
    await sleep(10)
  }
}

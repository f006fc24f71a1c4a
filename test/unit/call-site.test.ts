import path from 'node:path'
import vm from 'node:vm'
import { callSite } from '../../src/call-site.ts'

function innermost(): string {
  return callSite()
}

function deep(depth: number): string {
  return depth === 0 ? callSite() : deep(depth - 1)
}

test('the application’s frames, innermost first', () => {
  const [first, second] = innermost().split('\n')
  expect(first).toMatch(/innermost .*call-site\.test\.ts:\d+/)
  expect(second).toContain('call-site.test.ts')
})

test('those of a folder beside this package’s, whose name only begins like it', () => {
  const filename = `${path.resolve(__dirname, '../../src')}-of-the-application/orders.js`
  const call = vm.runInThisContext('(function placeOrder(call) { return call() })', { filename }) as (
    call: () => string,
  ) => string
  expect(call(callSite)).toMatch(/placeOrder .*src-of-the-application[\\/]orders\.js/)
})

test('none of this package, of pg or of Node', () => {
  expect(innermost()).not.toMatch(/src[\\/]session|node_modules[\\/]pg|\(node:/)
})

test('at most eight, also when the stack is deep', () => {
  expect(deep(100).split('\n')).toHaveLength(8)
})

test('the limit of stack traces is as before', () => {
  const { stackTraceLimit } = Error
  callSite()
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})

test('a limit of the application does not hide where the call was made', () => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  try {
    expect(innermost()).toContain('call-site.test.ts')
    expect(Error.stackTraceLimit).toBe(1)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
})

test('an application that lives in a folder with a name like ours is shown', () => {
  expect(innermost()).not.toContain('not known')
})

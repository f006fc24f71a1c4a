import { hasFailed, runningTest } from '../../../src/sandbox/runner-context.ts'
import { outsideTests, TestRuns } from '../../../src/sandbox/test-runs.ts'

const vitest = (result?: { state?: string; duration?: number }) => ({
  task: { type: 'test', name: 'signs up', fullTestName: 'users > signs up', result },
})
const nodeTest = (passed: boolean) => ({ diagnostic: () => {}, name: 'signs up', passed })

describe('what a runner tells', () => {
  test('Vitest, by the task in its context', () => {
    const given = vitest({ state: 'run' })
    expect(runningTest(given)).toMatchObject({
      identity: given.task,
      name: 'users > signs up',
    })
    expect(runningTest(given)!.isOver()).toBe(false)
    expect(runningTest(vitest({ state: 'pass', duration: 1 }))!.isOver()).toBe(true)
    expect([hasFailed(given), hasFailed(vitest({ state: 'fail' }))]).toEqual([false, true])
  })

  test('node:test, by its context', () => {
    const given = nodeTest(false)
    expect(runningTest(given)).toMatchObject({ identity: given, name: 'signs up' })
    expect([hasFailed(given), hasFailed(nodeTest(true))]).toEqual([true, false])
  })

  test('Jest, by the state of its expect', () => {
    expect(runningTest(undefined)).toMatchObject({
      name: 'what a runner tells Jest, by the state of its expect',
    })
    expect(runningTest(undefined)!.isOver()).toBe(false)
    expect(hasFailed(undefined)).toBe(false)
  })
})

// Jest's own test would come before what Vitest tells.
describe('which test calls', () => {
  const { currentTestIdentity } = expect.getState() as { currentTestIdentity?: () => object }
  beforeEach(() => expect.setState({ currentTestIdentity: () => undefined }))
  afterEach(() => expect.setState({ currentTestIdentity }))

  test('is known around it, and in what it leaves behind', async () => {
    const tests = new TestRuns()
    const given = vitest()
    const run = tests.begin(given)
    const left = await tests.run(given, async () => {
      await Promise.resolve()
      expect(tests.present).toBe(run)
      return () => new Promise((resolve) => setTimeout(() => resolve(tests.present), 1))
    })
    expect(tests.present).toBeUndefined()
    expect(await tests.run(given, left)).toBe(run)
  })

  test('is not known of what nobody tells, nor where the sandbox itself works', () => {
    const tests = new TestRuns()
    expect(tests.begin(undefined)).toBeUndefined()
    tests.run(undefined, () => expect(tests.present).toBeUndefined())
    tests.run(vitest(), () => outsideTests(() => expect(tests.present).toBeUndefined()))
  })

  test('a test is over for what was opened after it, and for all once its runner says so', () => {
    const tests = new TestRuns()
    const given = vitest({})
    const before = tests.now()
    const run = tests.begin(given)!
    expect(run.isOverFor(tests.now())).toBe(false)
    tests.end(given)
    expect([run.isOverFor(before), run.isOverFor(tests.now())]).toEqual([false, true])
    given.task.result!.duration = 1
    expect(run.isOverFor(before)).toBe(true)
  })

  test('run once more, a test is another', () => {
    const tests = new TestRuns()
    const given = vitest()
    const first = tests.begin(given)
    expect(tests.begin(given)).toBe(first)
    tests.end(given)
    expect(tests.begin(given)).not.toBe(first)
  })
})

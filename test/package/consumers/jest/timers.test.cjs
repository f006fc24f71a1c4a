// pg-pool hands out an idle client by process.nextTick, so that must not be faked, with or without the sandbox.
const { Pool } = require('pg')
const { cases } = require('../cases.cjs')

describe.each([
  ['modern', { doNotFake: ['nextTick'] }],
  ['legacy', { legacyFakeTimers: true }],
])('%s fake timers', (_kind, options) => {
  beforeAll(() => {
    jest.useFakeTimers(options)
  })
  afterAll(() => jest.useRealTimers())

  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('writes', writes)
  test('is empty', isEmpty)
})

'use strict'

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')
const { isolated, useTestDatabase } = require('pg-sandbox/node-test')
const { add, leaveBehind, pause, pool, texts } = require('./notes.cjs')

let running = 0
let most = 0

describe('notes', { concurrency: 5 }, () => {
  useTestDatabase({ seed: () => add('unseen by the isolated') })

  for (const name of ['one', 'two', 'three']) {
    it(
      name,
      isolated({ seed: () => add('seed') }, async (t) => {
        assert.equal(t.name, name)
        running += 1
        most = Math.max(most, running)
        await add(name)
        await pause(100)
        assert.deepEqual(await texts(), [name, 'seed'].sort())
        running -= 1
      }),
    )
  }
})

describe('one after another', () => {
  useTestDatabase({ seed: () => add('seed') })
  let whatCameOfIt

  it('sees what seed has made', async () => {
    assert.ok(most > 1)
    assert.deepEqual(await texts(), ['seed'])
  })

  it(
    'leaves something behind',
    isolated(async () => {
      await texts()
      whatCameOfIt = leaveBehind()
    }),
  )

  it('is not touched', async () => {
    assert.match(await whatCameOfIt(), /the test ".*leaves something behind"[^]*notes\.cjs:\d+/)
    assert.deepEqual(await texts(), ['seed'])
  })

  after(() => pool.end())
})

'use strict'

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')
const { useTestDatabase } = require('pg-sandbox/node-test')
const { add, pool, texts } = require('./notes.cjs')

describe('notes', () => {
  useTestDatabase()
  after(() => pool.end())

  it('passes', async () => {
    await add('of the one that passes')
  })

  it('fails', async () => {
    await add('of the one that fails')
    assert.deepEqual(await texts(), [])
  })
})

'use strict'

// What each consumer runs, with the `pg` that it loaded in its own way.

const assert = require('node:assert/strict')

module.exports.cases = function cases(Pool) {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL })
  const count = async () => (await pool.query('select count(*)::int as n from notes')).rows[0].n

  return {
    async writes() {
      await pool.query('insert into notes (text) values ($1)', ['alone'])
      const client = await pool.connect()
      await client.query('BEGIN')
      await client.query('insert into notes (text) values ($1)', ['in a transaction'])
      await client.query('COMMIT')
      await client.query('BEGIN')
      await client.query('insert into notes (text) values ($1)', ['undone'])
      await client.query('ROLLBACK')
      client.release()
      assert.equal(await count(), 2)
    },
    async isEmpty() {
      assert.equal(await count(), 0)
    },
    async takeKey() {
      await pool.query('insert into notes (id, text) values (-1, $1)', ['only one'])
      assert.equal(await count(), 1)
    },
    async seesKey() {
      assert.equal(await count(), 1)
    },
    end: () => pool.end(),
  }
}

module.exports.byHand = async function byHand(testTransaction, Pool) {
  const { writes, isEmpty, end } = module.exports.cases(Pool)
  await testTransaction.start()
  for (const each of [writes, isEmpty]) {
    await testTransaction.start()
    await each()
    await testTransaction.rollback()
  }
  await testTransaction.close()
  await isEmpty()
  await end()
}

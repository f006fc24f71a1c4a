'use strict'

// The application under test, and what the tests here share.

const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.DATABASE_URL })

module.exports = {
  pool,
  add: (text) => pool.query('insert into notes (text) values ($1)', [text]),
  async texts() {
    const { rows } = await pool.query('select text from notes order by text')
    return rows.map(({ text }) => text)
  },
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  /** Leaves a query behind, to be called in the middle of the next test; tells what has become of it. */
  leaveBehind() {
    let proceed
    const called = new Promise((resolve) => (proceed = resolve))
    const late = called.then(() => module.exports.add('late').then(() => 'written', String))
    return () => {
      proceed()
      return late
    }
  },
}

// The application of the README's examples: it knows nothing of tests.
import { pool } from './database.js'

/** @param {string} email */
export async function signUp(email) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query('INSERT INTO users (email) VALUES ($1) RETURNING id', [email])
    await client.query('INSERT INTO sessions (user_id) VALUES ($1)', [rows[0].id])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw isDuplicate(error) ? new Error(`${email} is taken`, { cause: error }) : error
  } finally {
    client.release()
  }
}

/** @returns {Promise<number>} */
export async function countUsers() {
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM users')
  return rows[0].n
}

export async function removeUsers() {
  await pool.query('DELETE FROM sessions')
  await pool.query('DELETE FROM users')
}

/** @param {unknown} error */
function isDuplicate(error) {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

'use strict'

// The other end of outside.ts: runs queries over plain `pg` clients, one for each URL, in a process of its own.

const { Client } = require('pg')

/** @type {Map<string, Promise<import('pg').Client>>} */
const clients = new Map()

/** @param {string} url */
async function connect(url) {
  const client = new Client({ connectionString: url })
  // Its database may be dropped under it; the next query tells.
  client.on('error', () => clients.delete(url))
  await client.connect()
  return client
}

/** @param {string} url */
function clientFor(url) {
  const known = clients.get(url)
  if (known) return known
  const client = connect(url)
  clients.set(url, client)
  client.catch(() => clients.delete(url))
  return client
}

/** @param {{ url: string, text?: string, values?: unknown[] }} request */
async function answer({ url, text, values }) {
  const client = await clientFor(url)
  if (text !== undefined) return [await client.query(text, values)].flat().at(-1)?.rows ?? []
  clients.delete(url)
  await client.end()
  return []
}

process.on(
  'message',
  (/** @type {{ id: number, url: string, text?: string, values?: unknown[] }} */ request) => {
    answer(request).then(
      (rows) => process.send?.({ id: request.id, rows }),
      (error) => process.send?.({ id: request.id, error: { message: error.message, code: error.code } }),
    )
  },
)
process.on('disconnect', () => process.exit())

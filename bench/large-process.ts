/** One large transfer in a process of its own, for its peak of memory; see large.ts. */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Client, Pool, type Submittable } from 'pg'
import { testTransaction } from '../src/index.ts'

// It has no types.
const copy: {
  from(text: string): Submittable & Writable
  to(text: string): Submittable & Readable
} = require('pg-copy-streams')

const ROWS = 100_000
const ROW_BYTES = 1024
const rows = `select repeat('x', ${ROW_BYTES}) as body from generate_series(1, ${ROWS})`

const transfers: Readonly<Record<string, (client: Pick<Client, 'query'>) => Promise<unknown>>> = {
  async result(client) {
    const result = await client.query(rows)
    if (result.rows.length !== ROWS) throw new Error(`${result.rows.length} rows`)
  },
  async copyOut(client) {
    let bytes = 0
    const count = new Writable({
      write(chunk: Buffer, _, next) {
        bytes += chunk.length
        next()
      },
    })
    await pipeline(client.query(copy.to(`copy (${rows}) to stdout`)), count)
    if (bytes < ROWS * ROW_BYTES) throw new Error(`${bytes} bytes`)
  },
  async copyIn(client) {
    await pipeline(Readable.from(chunks()), client.query(copy.from('copy copied from stdin')))
  },
}

/** In chunks of 64 rows. */
function* chunks(): Generator<Buffer> {
  const row = `${'x'.repeat(ROW_BYTES)}\n`
  const chunk = Buffer.from(row.repeat(64))
  for (let sent = 0; sent < ROWS; sent += 64) yield chunk
}

/** The transfer is in a test that has written, with a connection that is open. */
async function run(kind: string, isSandboxed: boolean, url: string): Promise<void> {
  const transfer = transfers[kind]
  if (!transfer) throw new Error(`no transfer ${kind}`)
  const pool = new Pool({ connectionString: url })
  if (isSandboxed) await testTransaction.start()
  const client = await pool.connect()
  await client.query("insert into copied values ('first')")
  const started = performance.now()
  await transfer(client)
  const milliseconds = performance.now() - started
  const megabytes = process.resourceUsage().maxRSS / 1024
  client.release()
  if (isSandboxed) await testTransaction.close()
  await pool.end()
  console.log(JSON.stringify({ milliseconds, megabytes }))
}

const [kind = '', mode, url = ''] = process.argv.slice(2)
run(kind, mode === 'pg-sandbox', url).catch((error) => {
  console.error(error)
  process.exit(1)
})

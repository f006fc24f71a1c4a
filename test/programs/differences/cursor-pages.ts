import { CursorClass } from '../query.ts'
import type { Pages, Statement } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'

/** Reads page by page; lets another client send something after the first. Gives the messages in the order of the reads. */
export async function cursorPages(
  step: Pages,
  client: RecordedClient,
  send: (between: Statement) => Promise<readonly string[]>,
): Promise<string[]> {
  const lines: string[] = []
  client.hasState = true
  let outcome = 'not read'
  await client.perform((done) => {
    readPages(step, client, lines, send).then(
      () => {
        outcome = 'resolved'
        done(true)
      },
      (error: Error) => {
        outcome = `rejected ${error.message}`
        done(true)
      },
    )
  })
  return [...lines, ...client.takeLines(), `${outcome}, status ${client.statusOfPg}`]
}

async function readPages(
  step: Pages,
  client: RecordedClient,
  lines: string[],
  send: (between: Statement) => Promise<readonly string[]>,
): Promise<void> {
  const cursor = client.client.query(new CursorClass(step.sql))
  for (const [page, size] of step.reads.entries()) {
    const rows = await cursor.read(size)
    lines.push(...client.takeLines(), `page of ${rows.length}`)
    if (page === 0 && step.between !== null) lines.push(...(await send(step.between)))
  }
  await cursor.close().catch(() => {})
}

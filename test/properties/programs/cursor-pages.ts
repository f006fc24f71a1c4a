import type { CursorPages, Statement } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'

type Cursor = {
  read(rows: number, callback: (error: Error | null, rows?: unknown[]) => void): void
  close(callback: (error?: Error) => void): void
}

const CursorClass: new (text: string, values?: unknown[]) => Cursor = require('pg-cursor')

/** Reads page by page; lets another client send something after the first. Gives the messages in the order of the reads. */
export async function cursorPages(
  step: CursorPages,
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
  step: CursorPages,
  client: RecordedClient,
  lines: string[],
  send: (between: Statement) => Promise<readonly string[]>,
): Promise<void> {
  const cursor = client.client.query(new CursorClass(step.sql) as never) as unknown as Cursor
  for (let page = 0; page < step.pages; page += 1) {
    const count = await new Promise<number>((resolve, reject) =>
      cursor.read(step.size, (error, rows) => (error ? reject(error) : resolve(rows?.length ?? 0))),
    )
    lines.push(...client.takeLines(), `page of ${count}`)
    if (page === 0 && step.between !== null) lines.push(...(await send(step.between)))
  }
  await new Promise<void>((resolve) => cursor.close(() => resolve()))
}

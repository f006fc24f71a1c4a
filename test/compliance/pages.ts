import QueryStream from 'pg-query-stream'
import { type Recorder } from './recorder.ts'

type PgCursor = { read(rows: number): Promise<unknown[]>; close(): Promise<void> }
const PgCursor: new (text: string, values?: unknown[]) => PgCursor = require('pg-cursor')

export type Pages = {
  /** The next page, recorded as a step. */
  read(rows: number): Promise<void>
  close(): Promise<void>
}

/**
 * A cursor of pg-cursor in a client, opened by the first call; its pages are recorded with all that the server answers.
 *
 * @example
 * const pages = pagesOf(a, 'select n from generate_series(1, $1) n', [5])
 * await pages.read(2)
 */
export function pagesOf(recorder: Recorder, text: string, values: unknown[] = []): Pages {
  let opened: PgCursor | undefined
  const cursor = (): PgCursor => (opened ??= recorder.client.query(new PgCursor(text, values) as never))
  const step = (sent: string, work: () => Promise<unknown>): Promise<void> =>
    recorder.step(
      `${sent}: ${text}`,
      async (write) => {
        const rows = await work()
        if (rows !== undefined) write(`page ${JSON.stringify(rows)}`)
      },
      { open: true },
    )
  return {
    read: (rows) => step(`read ${rows}`, () => cursor().read(rows)),
    close: () => step('close', () => cursor().close()),
  }
}

/**
 * Reads a query stream of a client to its end, and does something between two rows. What the server answers meanwhile is
 * not recorded: when a stream asks for more depends on how fast it is read, and so do the rows that come before an error.
 */
export async function drain(
  recorder: Recorder,
  text: string,
  batchSize: number,
  each: (row: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const stream = recorder.client.query(new QueryStream(text, [], { batchSize }))
  const rows: string[] = []
  let outcome = 'drained'
  try {
    for await (const row of stream) {
      rows.push(JSON.stringify(row))
      await each(row as Record<string, unknown>)
    }
  } catch (error) {
    outcome = String(error)
  }
  await recorder.idle()
  recorder.note(`stream ${text}`, outcome === 'drained' ? [...rows, outcome] : [outcome])
}

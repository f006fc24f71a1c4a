import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from, to } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import type { Instance, Row } from './instance.ts'

type Lend = NonNullable<Instance['lend']>

/** Adds what can be done with the client of `pg` that a library lends; its `close` works once. */
export function completed(instance: Instance): Instance {
  const { lend, raw } = instance
  let closed: Promise<unknown> | undefined
  return {
    ...(lend && {
      stream: (text) => readPages(lend, text),
      copyIn: (statement, lines) =>
        lend((client) => pipeline(Readable.from(lines), client.query(from(statement)))),
      copyOut: (statement) => lend((client) => textOf(client.query(to(statement)))),
      listen: (channel, onPayload) => listenOn(lend, channel, onPayload),
    }),
    ...(raw && { notify: (channel, payload) => raw(`select pg_notify('${channel}', '${payload}')`) }),
    ...instance,
    close: () => (closed ??= instance.close()),
  }
}

/** Two rows at a time. */
async function* readPages(lend: Lend, text: string): AsyncGenerator<Row> {
  const { client, giveBack } = await borrow(lend)
  const cursor = client.query(new Cursor<Row>(text))
  for (let page = await cursor.read(2); page.length > 0; page = await cursor.read(2)) yield* page
  await cursor.close()
  await giveBack()
}

async function listenOn(
  lend: Lend,
  channel: string,
  onPayload: (payload: string) => void,
): Promise<() => Promise<unknown>> {
  const { client, giveBack } = await borrow(lend)
  const hear = (message: { channel: string; payload?: string }): void => {
    if (message.channel === channel) onPayload(message.payload ?? '')
  }
  client.on('notification', hear)
  await client.query(`listen ${channel}`)
  return async () => {
    client.off('notification', hear)
    await client.query(`unlisten ${channel}`)
    await giveBack()
  }
}

/** Keeps the client until it is given back. */
function borrow(lend: Lend): Promise<{ client: ClientBase; giveBack(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const lent = lend((client) => {
      return new Promise<void>((end) => {
        const giveBack = (): Promise<void> => {
          end()
          return lent
        }
        resolve({ client, giveBack })
      })
    })
    lent.catch(reject)
  })
}

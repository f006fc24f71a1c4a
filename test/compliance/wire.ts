import net from 'node:net'
import { type Client } from 'pg'
import { type Recorder } from './recorder.ts'
import { lineOf } from './wire-messages.ts'

/** A message of the client, made by hand, and what it is called in the record. */
export type Message = { readonly shown: string; readonly bytes: Buffer }

function make(shown: string, type: string, ...body: Buffer[]): Message {
  const content = Buffer.concat(body)
  return { shown, bytes: Buffer.concat([Buffer.from(type), int32(content.length + 4), content]) }
}

const int16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [i, value] of values.entries()) bytes.writeInt16BE(value, 2 * i)
  return bytes
}

const int32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, 4 * i)
  return bytes
}

const string = (text: string): Buffer => Buffer.from(`${text}\0`)

export const SYNC: Message = make('Sync', 'S')
export const FLUSH: Message = make('Flush', 'H')
export const TERMINATE: Message = make('Terminate', 'X')
export const COPY_DONE: Message = make('CopyDone', 'c')

export function query(sql: string): Message {
  return make(`Query ${sql}`, 'Q', string(sql))
}

export function parse(name: string, sql: string, types: readonly number[] = []): Message {
  return make(`Parse ${name}: ${sql}`, 'P', string(name), string(sql), int16(types.length), int32(...types))
}

/** A text or, from a Buffer, a binary value. */
export type Value = string | Buffer | null

/** @param results formats of the columns: 0 text, 1 binary */
export function bind(
  portal = '',
  prepared = '',
  values: readonly Value[] = [],
  results: readonly number[] = [],
): Message {
  const formats = values.map((value) => (Buffer.isBuffer(value) ? 1 : 0))
  const parts = values.map((value) => {
    if (value === null) return int32(-1)
    const bytes = Buffer.from(value)
    return Buffer.concat([int32(bytes.length), bytes])
  })
  return make(
    `Bind ${portal} <- ${prepared} ${JSON.stringify(values)} ${results.join()}`,
    'B',
    string(portal),
    string(prepared),
    int16(formats.length, ...formats),
    int16(values.length),
    ...parts,
    int16(results.length, ...results),
  )
}

export function describeStatement(name = ''): Message {
  return make(`Describe statement ${name}`, 'D', Buffer.from('S'), string(name))
}

export function describePortal(name = ''): Message {
  return make(`Describe portal ${name}`, 'D', Buffer.from('P'), string(name))
}

export function closeStatement(name = ''): Message {
  return make(`Close statement ${name}`, 'C', Buffer.from('S'), string(name))
}

export function closePortal(name = ''): Message {
  return make(`Close portal ${name}`, 'C', Buffer.from('P'), string(name))
}

export function execute(portal = '', rows = 0): Message {
  return make(`Execute ${portal} ${rows}`, 'E', string(portal), int32(rows))
}

export function copyData(text: string): Message {
  return make(`CopyData ${text}`, 'd', Buffer.from(text))
}

export function copyFail(reason: string): Message {
  return make(`CopyFail ${reason}`, 'f', string(reason))
}

/** Calls the function with this OID with values in text format. */
export function functionCall(oid: number, values: readonly Value[]): Message {
  const parts = values.map((value) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  )
  return make(
    `FunctionCall ${oid} ${JSON.stringify(values)}`,
    'F',
    int32(oid),
    int16(0, values.length),
    ...parts,
    int16(0),
  )
}

/** Parse, Bind, Describe and Execute of the unnamed statement, as pg sends them; without Sync. */
export function statement(sql: string, values: readonly Value[] = []): Message[] {
  return [parse('', sql), bind('', '', values), describePortal(), execute()]
}

/** A unit of its own: the same with Sync. */
export function unit(sql: string, values: readonly Value[] = []): Message[] {
  return [...statement(sql, values), SYNC]
}

/**
 * Writes `messages` in one go as a query of pg's client, and records every message that comes back: up to so many
 * ReadyForQuery, or as many messages as `until` names by their types. Such a client is not to be used in other ways any more.
 *
 * @example
 * await send(a, 1, ...statement('select 1'), SYNC)
 * await send(a, '12DDs', parse('', 'values (1), (2), (3)'), bind(), execute('', 2), FLUSH)
 */
export async function send(
  recorder: Recorder,
  until: number | string,
  ...messages: Message[]
): Promise<void> {
  const sent = messages
    .map(({ shown }) => (shown.length > 200 ? `${shown.slice(0, 200)}…` : shown))
    .join(' | ')
  let failure: Error | undefined
  await recorder.step(sent, async (write) => {
    const bytes = Buffer.concat(messages.map((message) => message.bytes))
    const { received, isComplete, isReal } = await exchange(recorder.client as Connected, bytes, (types) =>
      typeof until === 'number'
        ? types.filter((type) => type === 'Z').length >= until
        : types.length >= until.length,
    )
    for (const message of received) if (message[0] !== BACKEND_KEY_DATA) write(lineOf(message))
    if (isComplete) return
    write('no more came')
    if (isReal) failure = new Error(`not answered as expected: ${sent}`)
  })
  if (failure !== undefined) throw failure
}

const BACKEND_KEY_DATA = 0x4b

type Connected = Client & { connection: NodeJS.EventEmitter & { stream: net.Socket } }
type Exchange = { received: Buffer[]; isComplete: boolean; isReal: boolean }

/** As a query of pg's client, so that its level is that of the call. To pg it has no answer but ReadyForQuery. */
async function exchange(
  client: Connected,
  bytes: Buffer,
  isComplete: (types: string[]) => boolean,
): Promise<Exchange> {
  const { connection } = client
  const submitted = new Promise<Tap>((resolve, reject) => {
    const submittable = {
      submit: () => {
        const tap = tapOf(connection.stream)
        connection.stream.write(bytes)
        resolve(tap)
      },
      handleReadyForQuery: () => {},
      handleError: reject,
    }
    client.query(submittable as never)
  })
  const tap = await submitted
  const complete = await tap.wait(isComplete)
  const received = tap.take()
  const ready = received.findLast((message) => message[0] === 0x5a)
  connection.emit('readyForQuery', { name: 'readyForQuery', status: ready?.toString('utf8', 5) ?? 'I' })
  return { received, isComplete: complete, isReal: connection.stream instanceof net.Socket }
}

const taps = new WeakMap<net.Socket, Tap>()

function tapOf(stream: net.Socket): Tap {
  const tap = taps.get(stream) ?? new Tap(stream)
  taps.set(stream, tap)
  return tap
}

const LIMIT = 3000

/** Reads a stream in place of pg. */
class Tap {
  #rest: Buffer = Buffer.alloc(0)
  #messages: Buffer[] = []
  #arrived: () => void = () => {}
  #closed = false

  constructor(stream: net.Socket) {
    stream.removeAllListeners('data')
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.once('close', () => {
      this.#closed = true
      this.#arrived()
    })
  }

  take(): Buffer[] {
    return this.#messages.splice(0)
  }

  /** Until what has come satisfies `isComplete` or the stream is closed; false when nothing more comes in time. */
  async wait(isComplete: (types: string[]) => boolean): Promise<boolean> {
    const end = Date.now() + LIMIT
    while (!this.#closed && !isComplete(this.#messages.map((bytes) => bytes.toString('latin1', 0, 1)))) {
      const left = end - Date.now()
      if (left <= 0) return false
      await this.#arrival(left)
    }
    // What should not come would come now.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return true
  }

  #arrival(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit)
      this.#arrived = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk])
    while (bytes.length >= 5 && bytes.length > bytes.readUInt32BE(1)) {
      const end = 1 + bytes.readUInt32BE(1)
      this.#messages.push(bytes.subarray(0, end))
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes
    this.#arrived()
  }
}

import fc from 'fast-check'
import {
  apart,
  cString,
  type Frame,
  FrameReader,
  joined,
  message,
  readCString,
} from '../../../src/protocol/frames.ts'

const DATA_ROW = 'D'
const types = ['D', 'd', 'C', 'Z', 'T', 'S', 'N', 'E', '1', '2']

const messages = fc.array(
  fc
    .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 40 }))
    .map(([type, body]) => message(type, Buffer.from(body))),
  { maxLength: 30 },
)

/** A stream in chunks of these sizes, again and again. */
function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  for (let start = 0, i = 0; start < stream.length; i += 1) {
    const end = Math.min(stream.length, start + sizes.at(i % sizes.length)!)
    chunks.push(Buffer.from(stream.subarray(start, end)))
    start = end
  }
  return chunks
}

function readAll(reader: FrameReader, chunks: readonly Buffer[]): Frame[] {
  return chunks.flatMap((chunk) => reader.read(chunk))
}

/** Runs of a bulk type are joined by chance of the chunks: here one after the other. */
function single(frames: readonly Frame[]): { type: number; bytes: string }[] {
  const reader = new FrameReader({ bulk: new Set() })
  return frames
    .flatMap(({ bytes }) => reader.read(bytes))
    .map(({ type, bytes }) => ({ type, bytes: bytes.toString('hex') }))
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 })

test('any chunking of a stream gives the same messages', () => {
  fc.assert(
    fc.property(messages, sizes, (written, chunkSizes) => {
      const stream = Buffer.concat(written)
      const frames = readAll(new FrameReader(), cut(stream, chunkSizes))
      expect(single(frames)).toEqual(
        written.map((bytes) => ({ type: bytes[0], bytes: bytes.toString('hex') })),
      )
      expect(Buffer.concat(frames.map(({ bytes }) => bytes))).toEqual(stream)
    }),
  )
})

test('a frame joins messages of a bulk type alone', () => {
  fc.assert(
    fc.property(messages, sizes, (written, chunkSizes) => {
      for (const { type, bytes } of readAll(new FrameReader(), cut(Buffer.concat(written), chunkSizes))) {
        const parts = single([{ type, bytes }])
        expect(parts.every((part) => part.type === type)).toBe(true)
        if (type !== 0x44 && type !== 0x64) expect(parts).toHaveLength(1)
      }
    }),
  )
})

test('a run of rows in one chunk is one frame', () => {
  const rows = [message(DATA_ROW, Buffer.from('a')), message(DATA_ROW, Buffer.from('bc')), message(DATA_ROW)]
  const frames = new FrameReader().read(Buffer.concat([...rows, message('C', cString('SELECT 3'))]))
  expect(frames.map(({ type }) => String.fromCharCode(type))).toEqual(['D', 'C'])
  expect(frames.at(0)!.bytes).toEqual(Buffer.concat(rows))
})

test('nothing is given before a message is complete, byte by byte', () => {
  const bytes = message('Q', cString('select 1'))
  const reader = new FrameReader()
  for (let i = 0; i < bytes.length - 1; i += 1) expect(reader.read(bytes.subarray(i, i + 1))).toEqual([])
  expect(reader.read(bytes.subarray(-1))).toEqual([{ type: 0x51, bytes }])
})

describe('messages of the start-up phase have no type byte', () => {
  const startup = Buffer.concat([Buffer.from([0, 0, 0, 16, 0, 3, 0, 0]), Buffer.from('user\0me\0')])
  const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

  test.each([1, 2, 3, 5, 7, 100])('in chunks of %i bytes', (size) => {
    const query = message('Q', cString('select 1'))
    const frames = readAll(
      new FrameReader({ startup: true }),
      cut(Buffer.concat([sslRequest, startup, query]), [size]),
    )
    expect(frames).toEqual([
      { type: 0, bytes: sslRequest },
      { type: 0, bytes: startup },
      { type: 0x51, bytes: query },
    ])
  })
})

test('a message of megabytes in small chunks is read in time that grows with its length', () => {
  const bytes = message('d', Buffer.alloc(20_000_000))
  const frames = readAll(new FrameReader(), cut(bytes, [16_384]))
  expect(frames).toHaveLength(1)
  expect(frames.at(0)!.bytes.length).toBe(bytes.length)
})

test('strings of the protocol end with a zero byte', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))),
      (texts) => {
        const bytes = Buffer.concat(texts.map(cString))
        let offset = 0
        for (const text of texts) {
          const read = readCString(bytes, offset)
          expect(read.text).toBe(text)
          offset = read.next
        }
        expect(offset).toBe(bytes.length)
      },
    ),
  )
})

test('of a chunk that completes a message only that message is copied', () => {
  const row = message(DATA_ROW, Buffer.alloc(100))
  const chunk = Buffer.concat([row.subarray(50), row, row])
  const reader = new FrameReader()
  expect(reader.read(row.subarray(0, 50))).toEqual([])
  const frames = reader.read(chunk)
  expect(frames.at(0)!.bytes).toEqual(row)
  expect(frames.at(1)!.bytes).toHaveLength(2 * row.length)
  expect(frames.at(1)!.bytes.buffer).toBe(chunk.buffer)
})

test('small messages are joined, large ones are not copied', () => {
  const small = [message('1'), message('2'), message('C', cString('SELECT 1'))]
  expect(joined(small)).toEqual([Buffer.concat(small)])
  const large = [...small, message('D', Buffer.alloc(100_000))]
  expect(joined(large)).toBe(large)
})

test('a small part of something large is kept by itself', () => {
  const chunk = Buffer.alloc(100_000, 'x')
  const part = apart(chunk.subarray(10, 20))
  expect(part.toString()).toBe('xxxxxxxxxx')
  expect(part.buffer).not.toBe(chunk.buffer)
  expect(apart(chunk)).toBe(chunk)
})

test('in parts, any chunking gives the same bytes, and other messages whole', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat({ max: 30 })), (whole, lengths) => {
      const stream = Buffer.concat(whole)
      const reader = new FrameReader()
      reader.givesParts = true
      const given: Frame[] = []
      let start = 0
      for (const length of [...lengths, stream.length]) {
        given.push(...reader.read(stream.subarray(start, start + length)))
        start += length
      }
      expect(Buffer.concat(given.map(({ bytes }) => bytes))).toEqual(stream)
      const isBulk = (type: number) => type === 0x44 || type === 0x64
      expect(given.filter(({ type }) => !isBulk(type)).map(({ bytes }) => bytes)).toEqual(
        whole.filter((bytes) => !isBulk(bytes.readUInt8())),
      )
      // Parts stand where their messages do.
      const standing = (all: readonly number[]) =>
        all.filter((type, i) => type !== all[i - 1] || !isBulk(type))
      expect(standing(given.map(({ type }) => type))).toEqual(
        standing(whole.map((bytes) => bytes.readUInt8())),
      )
    }),
  )
})

test('in parts, what has come of a row is given at once, as one piece with those before it', () => {
  const rows = Buffer.concat([message(DATA_ROW, Buffer.alloc(10)), message(DATA_ROW, Buffer.alloc(100))])
  const reader = new FrameReader()
  reader.givesParts = true
  const [first, second] = [rows.subarray(0, 40), rows.subarray(40)]
  expect(reader.read(first).map(({ bytes }) => bytes)).toEqual([first])
  expect(
    reader.read(Buffer.concat([second, message('C', cString('SELECT 2'))])).map(({ bytes }) => bytes),
  ).toEqual([second, message('C', cString('SELECT 2'))])
})

import fc from 'fast-check'
import { serialize } from 'pg-protocol'
import { FrameReader } from '../../../src/protocol/frames.ts'
import * as frontend from '../../../src/protocol/frontend.ts'

/** pg's own serializer is the reference. */

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''))
const values = fc.array(
  fc.oneof(
    text,
    fc.constant(null),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
)

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}

test('Query', () => {
  fc.assert(
    fc.property(text, (sql) => {
      expect(hex(frontend.query(sql))).toBe(hex(serialize.query(sql)))
      expect(frontend.readQuery(serialize.query(sql))).toBe(sql)
    }),
  )
})

test('Parse, read, renamed, and made without types', () => {
  fc.assert(
    fc.property(text, text, text, fc.array(fc.nat({ max: 100_000 })), (name, other, sql, types) => {
      const bytes = serialize.parse({ name, text: sql, types })
      expect(frontend.readParse(bytes)).toEqual({ name, sql })
      expect(hex(frontend.renameParse(bytes, other))).toBe(
        hex(serialize.parse({ name: other, text: sql, types })),
      )
      expect(hex(frontend.parse(name, sql))).toBe(hex(serialize.parse({ name, text: sql, types: [] })))
    }),
  )
})

test('Bind, read and renamed', () => {
  fc.assert(
    fc.property(
      text,
      text,
      text,
      text,
      values,
      fc.boolean(),
      (portal, statement, newPortal, newStatement, bound, binary) => {
        const bytes = Buffer.from(serialize.bind({ portal, statement, values: bound, binary }))
        expect(frontend.readBind(bytes)).toEqual({ portal, statement })
        expect(frontend.readBindValues(bytes)).toEqual(
          bound.map((value) => (typeof value === 'string' ? value : null)),
        )
        expect(hex(frontend.renameBind(bytes, newPortal, newStatement))).toBe(
          hex(serialize.bind({ portal: newPortal, statement: newStatement, values: bound, binary })),
        )
      },
    ),
  )
})

test('Describe and Close, read and renamed', () => {
  fc.assert(
    fc.property(fc.constantFrom<frontend.Target>('S', 'P'), text, text, (target, name, other) => {
      for (const make of [serialize.describe, serialize.close]) {
        const bytes = make({ type: target, name })
        expect(frontend.readTarget(bytes)).toEqual({ target, name })
        expect(hex(frontend.renameTarget(bytes, other))).toBe(hex(make({ type: target, name: other })))
      }
      expect(hex(frontend.close(target, name))).toBe(hex(serialize.close({ type: target, name })))
    }),
  )
})

test('Execute, read and renamed, with its row limit', () => {
  fc.assert(
    fc.property(text, text, fc.nat(), (portal, other, rows) => {
      const bytes = serialize.execute({ portal, rows })
      expect(frontend.readExecute(bytes)).toEqual({ portal })
      expect(hex(frontend.renameExecute(bytes, other))).toBe(hex(serialize.execute({ portal: other, rows })))
    }),
  )
})

test('a statement of our own in an extended unit has a name in all its messages, and is closed', () => {
  const sql = 'SAVEPOINT "é"'
  const messages = new FrameReader().read(frontend.extendedStatement('own', sql))
  const [parse, bind, execute, ...closes] = messages.map(({ bytes }) => bytes) as [Buffer, Buffer, Buffer]
  expect(hex(parse)).toBe(hex(serialize.parse({ text: sql, name: 'own', types: [] })))
  expect(frontend.readBind(bind)).toEqual({ portal: 'own', statement: 'own' })
  expect(frontend.readBindValues(bind)).toEqual([])
  expect(hex(execute)).toBe(hex(serialize.execute({ portal: 'own', rows: 0 })))
  const closed = (['P', 'S'] as const).map((type) => hex(serialize.close({ type, name: 'own' })))
  expect(closes.map(hex)).toEqual(closed)
})

test('Sync, Terminate and CopyFail', () => {
  expect(hex(frontend.SYNC)).toBe(hex(serialize.sync()))
  expect(hex(frontend.TERMINATE)).toBe(hex(serialize.end()))
  expect(hex(frontend.COPY_FAIL)).toBe(hex(serialize.copyFail('the client is gone')))
})

test('the types of all messages are those that pg sends', () => {
  const sent: [keyof typeof frontend.FRONTEND, Buffer][] = [
    ['query', serialize.query('')],
    ['parse', serialize.parse({ text: '', name: '', types: [] })],
    ['bind', serialize.bind({})],
    ['describe', serialize.describe({ type: 'S', name: '' })],
    ['execute', serialize.execute()],
    ['close', serialize.close({ type: 'P', name: '' })],
    ['sync', serialize.sync()],
    ['flush', serialize.flush()],
    ['copyData', serialize.copyData(Buffer.from('x'))],
    ['copyDone', serialize.copyDone()],
    ['copyFail', serialize.copyFail('')],
    ['terminate', serialize.end()],
  ]
  for (const [name, bytes] of sent) {
    expect([name, new FrameReader().read(bytes).at(0)!.type]).toEqual([name, frontend.FRONTEND[name]])
  }
})

test('what has no name and gets none is not copied', () => {
  const parse = serialize.parse({ text: 'select $1', types: [] })
  const bind = serialize.bind({ values: ['1'] })
  const describe = serialize.describe({ type: 'P', name: '' })
  expect(frontend.renameParse(parse, '')).toBe(parse)
  expect(frontend.renameBind(bind, '', '')).toBe(bind)
  expect(frontend.renameTarget(describe, '')).toBe(describe)
  const execute = serialize.execute()
  expect(frontend.renameExecute(execute, '')).toBe(execute)
})

test('messages that name neither statement nor portal', () => {
  const frames = (...messages: Buffer[]) => new FrameReader().read(Buffer.concat(messages))
  const unnamed = frames(
    serialize.parse({ text: 'name', types: [] }),
    serialize.bind({ values: ['name'] }),
    serialize.describe({ type: 'P', name: '' }),
    serialize.close({ type: 'S', name: '' }),
    serialize.execute(),
    serialize.sync(),
  )
  const named = frames(
    serialize.parse({ name: 'name', text: '', types: [] }),
    serialize.bind({ portal: 'name' }),
    serialize.bind({ statement: 'name' }),
    serialize.describe({ type: 'S', name: 'name' }),
    serialize.close({ type: 'P', name: 'name' }),
    serialize.execute({ portal: 'name' }),
  )
  expect(unnamed.map(({ bytes }) => frontend.isUnnamed(bytes))).toEqual(unnamed.map(() => true))
  expect(named.map(({ bytes }) => frontend.isUnnamed(bytes))).toEqual(named.map(() => false))
  expect(frontend.isUnnamed(serialize.copyDone())).toBe(false)

  const types = unnamed.map(({ type }) => type)
  expect(frontend.areUnnamed(unnamed, types)).toBe(true)
  expect(frontend.areUnnamed(unnamed, types.toReversed())).toBe(false)
  expect(frontend.areUnnamed(unnamed, types.slice(1))).toBe(false)
  for (const other of named)
    expect(
      frontend.areUnnamed(
        unnamed.map((frame) => (frame.type === other.type ? other : frame)),
        types,
      ),
    ).toBe(false)
})

import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { parse } from 'pg-protocol'
import * as backend from '../../../src/protocol/backend.ts'
import { message } from '../../../src/protocol/frames.ts'
import { readRows } from '../../../src/protocol/rows.ts'

type Read = Record<string, unknown> & { name: string }

/** What pg's own parser makes of the bytes. */
async function asRead(...bytes: Buffer[]): Promise<Read[]> {
  const stream = new PassThrough()
  const messages: Read[] = []
  const parsed = parse(stream, (read) => messages.push(read as unknown as Read))
  stream.end(Buffer.concat(bytes))
  await parsed
  return messages
}

test('ReadyForQuery', async () => {
  for (const status of ['I', 'T', 'E'] as const) {
    expect(await asRead(backend.READY_FOR_QUERY[status])).toMatchObject([{ name: 'readyForQuery', status }])
    expect(backend.readStatus(backend.READY_FOR_QUERY[status])).toBe(status)
  }
})

test('CommandComplete', async () => {
  expect(await asRead(backend.commandComplete('INSERT 0 1'))).toMatchObject([
    { name: 'commandComplete', text: 'INSERT 0 1' },
  ])
  expect(backend.readTag(backend.commandComplete('START TRANSACTION'))).toBe('START TRANSACTION')
})

test('ParameterStatus', async () => {
  const bytes = backend.parameterStatus('application_name', 'né')
  expect(await asRead(bytes)).toMatchObject([
    { name: 'parameterStatus', parameterName: 'application_name', parameterValue: 'né' },
  ])
  expect(backend.readParameterStatus(bytes)).toEqual({ name: 'application_name', value: 'né' })
})

test('BackendKeyData, with keys that are negative', async () => {
  expect(await asRead(backend.backendKeyData(4711, -1_234_567))).toMatchObject([
    { name: 'backendKeyData', processID: 4711, secretKey: -1_234_567 },
  ])
})

test('messages without a body', async () => {
  const names = (
    await asRead(
      backend.AUTHENTICATION_OK,
      backend.PARSE_COMPLETE,
      backend.BIND_COMPLETE,
      backend.CLOSE_COMPLETE,
      backend.NO_DATA,
    )
  ).map(({ name }) => name)
  expect(names).toEqual(['authenticationOk', 'parseComplete', 'bindComplete', 'closeComplete', 'noData'])
  expect(await asRead(backend.NO_PARAMETERS)).toMatchObject([
    { name: 'parameterDescription', parameterCount: 0 },
  ])
})

test('ErrorResponse and NoticeResponse', async () => {
  const fields = {
    S: 'ERROR',
    V: 'ERROR',
    C: '25P01',
    M: 'wörds\nand lines',
    H: 'a hint',
    P: '7',
    R: 'routine',
  }
  const expected = { severity: 'ERROR', code: '25P01', hint: 'a hint', position: '7', routine: 'routine' }
  const [error] = await asRead(backend.errorResponse(fields))
  expect(error).toMatchObject({ name: 'error', ...expected })
  expect((error as unknown as Error).message).toBe('wörds\nand lines')
  expect(await asRead(backend.noticeResponse(fields))).toMatchObject([
    { name: 'notice', message: fields.M, ...expected },
  ])
})

test('one column of text, and its row', async () => {
  expect(
    await asRead(backend.textColumn('naïve'), backend.textRow('wört'), backend.textRow('')),
  ).toMatchObject([
    {
      name: 'rowDescription',
      fields: [{ name: 'naïve', dataTypeID: 25, dataTypeSize: -1, dataTypeModifier: -1, format: 'text' }],
    },
    { name: 'dataRow', fields: ['wört'] },
    { name: 'dataRow', fields: [''] },
  ])
  expect(readRows(backend.textRow('wört'))).toEqual([['wört']])
})

test('NotificationResponse', async () => {
  expect(await asRead(backend.notificationResponse(4711, 'chännel', ''))).toMatchObject([
    { name: 'notification', processId: 4711, channel: 'chännel', payload: '' },
  ])
})

test('fields of an error are read as they were written', () => {
  const codes = fc.constantFrom(...'S V C M D H P p q W s t c d n F L R'.split(' '))
  const texts = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''))
  fc.assert(
    fc.property(fc.dictionary(codes, texts), (fields) => {
      expect({ ...backend.readFields(backend.errorResponse(fields)) }).toEqual({ ...fields })
      expect({ ...backend.readFields(backend.noticeResponse(fields)) }).toEqual({ ...fields })
    }),
  )
})

test('rows of text values', () => {
  const row = (values: (string | null)[]): Buffer => {
    const count = Buffer.alloc(2)
    count.writeUInt16BE(values.length)
    const fields = values.map((value) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
      return Buffer.concat([length, Buffer.from(value ?? '')])
    })
    return message('D', count, ...fields)
  }
  fc.assert(
    fc.property(fc.array(fc.array(fc.option(fc.string({ unit: 'grapheme' })), { maxLength: 5 })), (rows) => {
      const answer = Buffer.concat([
        ...rows.map(row),
        backend.commandComplete('SELECT 1'),
        backend.READY_FOR_QUERY.I,
      ])
      expect(readRows(answer)).toEqual(rows)
    }),
  )
})

test('the types of messages are those that pg reads', async () => {
  const names: Partial<Record<keyof typeof backend.BACKEND, string>> = {
    bindComplete: 'bindComplete',
    closeComplete: 'closeComplete',
    copyDone: 'copyDone',
    emptyQuery: 'emptyQuery',
    noData: 'noData',
    parseComplete: 'parseComplete',
    portalSuspended: 'portalSuspended',
  }
  for (const [type, name] of Object.entries(names)) {
    const byte = String.fromCharCode(backend.BACKEND[type as keyof typeof names])
    expect(await asRead(message(byte))).toMatchObject([{ name }])
  }
})

import { ClientTraffic } from '../../../src/protocol/client-traffic.ts'
import { cString, message } from '../../../src/protocol/frames.ts'
import { extendedStatement, query, SYNC, TERMINATE } from '../../../src/protocol/frontend.ts'

const recognised = (...chunks: readonly Buffer[]): boolean[] => {
  const traffic = new ClientTraffic()
  return chunks.map((chunk) => traffic.recognises(chunk))
}

test('a Query message is recognised', () => {
  expect(recognised(query('select 1'))).toEqual([true])
})

test('the extended protocol is recognised, whole and message by message', () => {
  const unit = Buffer.concat([extendedStatement('s', 'select 1'), SYNC])
  expect(recognised(unit)).toEqual([true])
  expect(recognised(message('P', cString(''), cString('select 1'), Buffer.alloc(2)))).toEqual([true])
  expect(recognised(SYNC)).toEqual([true])
})

test('a message in pieces is recognised with its last byte', () => {
  const bytes = query('insert into notes values (1)')
  const pieces = Array.from(bytes, (byte) => Buffer.from([byte]))
  expect(recognised(...pieces).indexOf(true)).toBe(pieces.length - 1)
})

test('a message of megabytes is recognised, also in pieces', () => {
  const bytes = query(`select '${'x'.repeat(3_000_000)}'`)
  expect(recognised(bytes)).toEqual([true])
  const half = bytes.length / 2
  expect(recognised(bytes.subarray(0, half), bytes.subarray(half))).toEqual([false, true])
  const after = Buffer.concat([bytes.subarray(half), SYNC])
  expect(recognised(bytes.subarray(0, half), after)).toEqual([false, true])
})

test('it is recognised after the rest of a message whose beginning was not seen', () => {
  expect(recognised(Buffer.from("rest of it')\0"), query('commit'))).toEqual([false, true])
})

test('what does nothing that lasts is let through', () => {
  expect(recognised(TERMINATE)).toEqual([false])
  expect(recognised(message('d', Buffer.from('1\tone\n')))).toEqual([false])
})

test.each([
  ['Redis', Buffer.from('*1\r\n$4\r\nPING\r\n')],
  ['a line of text', Buffer.from('PING\r\n')],
  ['HTTP', Buffer.from('DELETE /a HTTP/1.1\r\n\r\n')],
  ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['SMTP', Buffer.from('EHLO there\r\n')],
  ['bencode', Buffer.from('d1:ad2:id20:abcdefghij0123456789e1:q4:pinge')],
  ['MongoDB', Buffer.from('51000000050000000000000000000000', 'hex')],
  ['MySQL', Buffer.from('5100000017010000000001000000', 'hex')],
  ['a Query message without its end', Buffer.from('5100000006616263', 'hex')],
])('%s is another protocol', (_name, bytes) => {
  expect(recognised(bytes, bytes)).toEqual([false, false])
})

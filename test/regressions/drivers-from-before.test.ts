/**
 * Other drivers: a connection that a driver has opened before start() is known by what is written on it, and the
 * opening of one is limited as by the server.
 */
import net from 'node:net'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { message, RawClient } from '../support/raw-client.ts'
import { until } from '../support/until.ts'

const { start, close } = testTransaction
const database = useDatabase('create table notes (id int primary key, text text)')

afterEach(async () => {
  await close().catch(() => {})
  await database.outside('truncate notes')
})

async function expectNothingCommitted(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await database.countOutside('notes')).toBe(0)
}

/** A server that nobody has named: neither its port nor the environment tells that it is Postgres. */
async function withUnknownServer(work: (url: string) => Promise<void>): Promise<void> {
  const url = new URL(database.url())
  const proxy = await startProxy(Number(url.port))
  url.port = String(proxy.port)
  try {
    await work(url.href)
  } finally {
    await proxy.close()
  }
}

const INSERT = 'insert into notes values (1)'
const query = (sql: string): Buffer => message('Q', `${sql}\0`)
const extended = (sql: string): Buffer[] => [
  message('P', `\0${sql}\0\0\0`),
  message('B', '\0\0\0\0\0\0\0\0'),
  message('D', 'P\0'),
  message('E', '\0\0\0\0\0'),
  message('S'),
]

describe('a connection that a driver has opened before start(), to a server that nobody has named', () => {
  const ways: [name: string, before: string[], write: (client: RawClient) => void][] = [
    ['a Query message', [], (client) => client.write(query(INSERT))],
    ['the extended protocol', [], (client) => client.write(...extended(INSERT))],
    [
      'the extended protocol, a message at a time',
      [],
      (client) => extended(INSERT).forEach((one) => client.write(one)),
    ],
    [
      'bytes of a message one by one',
      [],
      (client) => {
        for (const byte of query(INSERT)) client.write(Buffer.from([byte]))
      },
    ],
    ['the end of a transaction', ['begin', INSERT], (client) => client.write(query('commit'))],
    [
      'a statement from before',
      ['prepare p as insert into notes values (1)'],
      (client) => client.write(query('execute p')),
    ],
    [
      'rows of a COPY',
      [],
      (client) => client.write(query('copy notes from stdin'), message('d', '1\tone\n'), message('c')),
    ],
  ]

  test.each(ways)('commits nothing by %s', async (_name, before, write) => {
    await withUnknownServer(async (url) => {
      const client = await RawClient.logIn(url)
      for (const sql of before) await client.query(sql)
      await start()
      write(client)
      await until(() => client.isClosed || client.heard.length > 0, 3000).catch(() => {})
      const { isClosed } = client
      client.end()
      await expectNothingCommitted()
      expect(isClosed).toBe(true)
    })
  })

  test('is let through by onUnsandboxed: allow', async () => {
    await withUnknownServer(async (url) => {
      const client = await RawClient.logIn(url)
      testTransaction.configure({ onUnsandboxed: 'allow' })
      await start()
      await client.query(INSERT)
      testTransaction.configure({ onUnsandboxed: 'route' })
      client.end()
      expect(await database.countOutside('notes')).toBe(1)
    })
  })

  test('is told from other protocols whose messages look like it', async () => {
    const echo = net.createServer((socket) => socket.pipe(socket))
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    const socket = net.connect((echo.address() as net.AddressInfo).port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write('Quit\n')
    await start()
    const heard: string[] = []
    socket
      .on('error', (error) => heard.push(error.message))
      .on('data', (chunk: Buffer) => heard.push(chunk.toString()))
    socket.write('PING\r\n')
    socket.write('SET a 1\r\n')
    await until(() => heard.join('').includes('SET a 1'))
    socket.destroy()
    await new Promise((resolve) => echo.close(resolve))
    expect(heard.join('')).toContain('PING')
  })
})

describe('the opening of a connection is limited as by the server:', () => {
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
  /** What a ClientHello looks like to who expects a length: some 370 MB. */
  const CLIENT_HELLO = Buffer.from('16030100c8010000c40303', 'hex')
  const HUGE = Buffer.from([0, 1, 0, 0, 0, 3, 0, 0, 117])

  async function isEnded(messages: Buffer[]): Promise<boolean> {
    const client = await RawClient.connect(database.url())
    for (const bytes of messages) {
      client.write(bytes)
      const before = client.bytes.length
      await until(() => client.isClosed || client.bytes.length > before, 500).catch(() => {})
    }
    await until(() => client.isClosed, 2000).catch(() => {})
    const { isClosed } = client
    client.end()
    return isClosed
  }

  test.each([
    ['a ClientHello after a refusal of TLS', [SSL_REQUEST, CLIENT_HELLO]],
    ['a length of 64 kB', [SSL_REQUEST, HUGE]],
  ])('%s ends it', async (_name, messages) => {
    expect(await isEnded(messages)).toBe(true)
    await start()
    expect(await isEnded(messages)).toBe(true)
  })
})

/**
 * Who comes from pg-transactional-tests finds the same, or README names the difference. Its own
 * tests rely on these three.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { outcome, settled } from '../support/pooled.ts'

const database = useDatabase('create table notes (id int primary key)')
afterEach(() => testTransaction.close())

const README = readFileSync(path.join(__dirname, '../../README.md'), 'utf8')
const [, PAGE = ''] = /^### From pg-transactional-tests\n([^]*?)^###? /m.exec(README) ?? []

const relied: [what: string, named: RegExp, isSame: () => Promise<boolean>][] = [
  [
    'a client that was never connected is answered',
    /never connected|without `?connect/i,
    async () => {
      await testTransaction.start()
      const client = new Client({ connectionString: database.url() })
      client.on('error', () => {})
      const told = await settled(outcome(client.query('select 1 as n')), 1000)
      return Array.isArray(told)
    },
  ],
  [
    'a second connect() resolves',
    /second `?connect/i,
    async () => {
      await testTransaction.start()
      const client = new Client({ connectionString: database.url() })
      client.on('error', () => {})
      await client.connect()
      const told = await settled(outcome(client.connect().then(() => 'connected')), 1000)
      await client.end()
      return told === 'connected'
    },
  ],
  [
    'the last rollback() takes the patches off',
    /rollback\(\)`?[^.]*patch|patch[^.]*rollback\(\)/i,
    async () => {
      const originals = [Client.prototype.query, Client.prototype.connect, Pool.prototype.connect]
      await testTransaction.start()
      await testTransaction.rollback()
      const now = [Client.prototype.query, Client.prototype.connect, Pool.prototype.connect]
      return now.every((method, i) => method === originals[i])
    },
  ],
]

test.each(relied)('%s, or README says that it is otherwise', async (_what, named, isSame) => {
  const isToldOf = named.test(PAGE)
  expect((await isSame()) || isToldOf).toBe(true)
})

/** Rows of a COPY that come in one write with it. */
import { type Urls, useBothWays } from '../support/both-ways.ts'
import { settled } from '../support/pooled.ts'
import { message, RawClient } from '../support/raw-client.ts'

describe('COPY FROM STDIN by the extended protocol in one write', () => {
  const bothWays = useBothWays('create table notes (id int primary key, text text)')
  const copy = [
    message('P', '\0copy notes from stdin\0\0\0'),
    message('B', '\0\0\0\0\0\0\0\0'),
    message('E', '\0\0\0\0\0'),
  ]
  const rows = [message('d', '1\tone\n'), message('d', '2\ttwo\n')]
  const done = message('c')
  const sync = message('S')
  const query = (sql: string): Buffer => message('Q', `${sql}\0`)

  async function converse(
    { url }: Urls,
    writes: readonly (readonly Buffer[])[],
    syncs: number,
  ): Promise<unknown> {
    const client = await RawClient.logIn(url())
    for (const write of writes) client.write(...write)
    await client.ready(syncs, 3000).catch(() => client.heard.push('nothing more'))
    const told = client.heard.splice(0)
    const after = await settled(client.query('select * from notes order by id'))
    client.end()
    return [told, after]
  }

  test.each<[name: string, writes: Buffer[][], syncs: number]>([
    ['with Sync before and after the rows', [[...copy, sync, ...rows, done, sync]], 1],
    ['with Sync after the rows alone', [[...copy, ...rows, done, sync]], 1],
    ['with Flush before the rows', [[...copy, message('H'), ...rows, done, sync]], 1],
    ['that fails by the client', [[...copy, sync, ...rows, message('f', 'no\0'), sync]], 1],
    ['with a row that is wrong', [[...copy, sync, message('d', 'x\ty\n'), done, sync]], 1],
    ['by a Query message', [[query('copy notes from stdin'), ...rows, done]], 1],
    ['and a query right behind it', [[...copy, sync, ...rows, done, sync, query('select 1')]], 2],
    ['in a transaction', [[query('begin'), ...copy, sync, ...rows, done, sync, query('commit')]], 3],
  ])('%s', (_name, writes, syncs) => bothWays.expectSame((urls) => converse(urls, writes, syncs)))
})

import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'
import * as wire from './wire.ts'

const { compare } = useComparison()
const { send, SYNC } = wire
const { bind, closeStatement, execute, parse, query } = wire

const all = (client: Recorder): Promise<void> => client.prepared('all', 'select * from accounts order by id')
const ids = (client: Recorder): Promise<void> => client.prepared('ids', 'select id from accounts order by id')
const add = (client: Recorder, id: number): Promise<void> =>
  client.prepared('add', 'insert into accounts values ($1) returning id', id)
const made = (client: Recorder): Promise<void> => client.prepared('made', 'select * from made')

describe('changes of the schema', () => {
  compare('that change the result', async (a) => {
    await all(a)
    await a.simple('alter table accounts add column more text')
    await all(a)
    await a.simple('alter table accounts drop column more')
    await all(a)
    await a.simple('begin')
    await a.simple('alter table accounts alter column name type varchar(20)')
    await ids(a)
    await all(a)
    await a.simple('rollback')
    await all(a)
  })

  compare('that are rolled back', async (a) => {
    await all(a)
    await ids(a)
    await a.simple('begin')
    await a.simple('alter table accounts rename column id to number')
    await ids(a)
    await a.simple('rollback')
    await ids(a)
    await a.simple('begin')
    await a.simple('savepoint s')
    await a.simple('alter table accounts add column more text')
    await all(a)
    await a.simple('rollback to s')
    await all(a)
    await a.simple('drop table accounts')
    await ids(a)
    await a.simple('rollback to s')
    await ids(a)
    await a.simple('commit')
    await all(a)
  })

  compare('behind which a statement was prepared', async (a) => {
    await a.simple('begin')
    await a.simple('alter table accounts add column more text')
    await all(a)
    await a.simple('rollback')
    await all(a)
    await ids(a)
    await a.simple('alter table accounts add column more text')
    await all(a)
  })

  compare('that make and drop its table', async (a) => {
    await a.simple('begin')
    await a.simple('create table made (n int)')
    await made(a)
    await a.simple('rollback')
    await made(a)
    await a.simple('create table made (n int)')
    await made(a)
    await a.simple('drop table made; create table made (n text)')
    await made(a)
    await a.simple('drop table made')
    await made(a)
    await a.simple('create temp table made (n int)')
    await made(a)
    await a.simple('drop table made')
  })

  compare('made by another client', async (a, b) => {
    await all(a)
    await all(b)
    await b.simple('alter table accounts add column more text')
    await all(a)
    await all(b)
    await ids(a)
    await b.simple('alter table accounts drop column more')
    await all(a)
    await all(b)
  })

  compare('that add an index, a default or a constraint', async (a) => {
    for (const change of [
      'create index made on accounts (name)',
      "alter table accounts alter name set default 'x'",
      'alter table accounts add check (id < 100)',
      'drop index made',
    ]) {
      await all(a)
      await a.simple(change)
    }
    for (const id of [3, 3, 200, 4]) await add(a, id)
    await all(a)
  })
})

describe('settings', () => {
  compare('search_path decides anew which table is meant', async (a) => {
    await ids(a)
    await all(a)
    await a.simple('set search_path to other')
    await ids(a)
    await all(a)
    await a.simple('begin')
    await a.simple('set local search_path to public')
    await ids(a)
    await a.simple('commit')
    await ids(a)
    await a.simple('set search_path to nowhere')
    await ids(a)
    await a.simple('reset search_path')
    await ids(a)
    await all(a)
  })

  compare('search_path of two clients', async (a, b) => {
    await a.simple('set search_path to other')
    for (const _ of [1, 2, 3]) {
      await ids(a)
      await ids(b)
    }
  })

  compare('the role is asked for its rights at each execution', async (a) => {
    await a.simple('create table made (n int)')
    await made(a)
    await a.simple('set role app_user')
    await made(a)
    await ids(a)
    await a.simple('reset role')
    await made(a)
  })

  compare('the time zone holds for the next execution', async (a) => {
    const time = (): Promise<void> =>
      a.prepared(
        't',
        "select '2020-01-01 00:00+00'::timestamptz::text, $1::timestamptz",
        '2020-01-01 00:00+00',
      )
    await time()
    await a.simple("set timezone to 'Asia/Tokyo'")
    await time()
    await a.simple('begin')
    await a.simple("set local timezone to 'America/Lima'")
    await time()
    await a.simple('commit')
    await time()
  })

  compare('plan_cache_mode and many executions', async (a) => {
    for (const mode of ['auto', 'force_generic_plan', 'force_custom_plan']) {
      await a.simple(`set plan_cache_mode to ${mode}`)
      for (let i = 0; i < 7; i += 1) await a.prepared('by id', 'select name from accounts where id = $1', i)
    }
  })
})

describe('names', () => {
  compare('of every kind', async (a, b) => {
    for (const name of ['a', 'A', 'a b', 'é😀', "it's", '"', 'pg-sandbox 1.1', 'x'.repeat(63), ';commit'])
      for (const client of [a, b])
        await client.prepared(name, `select $1::text as "${client === a ? 'a' : 'b'}"`, name)
    await a.prepared('a', 'select $1::text as "a"', 'again')
  })

  compare('of one text, prepared again after Close', async (a) => {
    await send(a, 1, parse('s', 'select 1'), SYNC)
    await send(a, 1, closeStatement('s'), SYNC)
    await send(a, 1, bind('', 's'), SYNC)
    await send(a, 1, parse('s', 'select 2'), SYNC)
    await send(a, 1, parse('s', 'select 3'), SYNC)
    await send(a, 1, query('begin; create table made (n int); rollback'))
    await send(a, 1, bind('', 's'), execute(), SYNC)
    await send(a, 1, query('begin'))
    await send(a, 1, closeStatement('s'), parse('s', 'select 4'), SYNC)
    await send(a, 1, query('rollback'))
    await send(a, 1, bind('', 's'), execute(), SYNC)
  })

  compare('whose Parse has failed in a transaction', async (a) => {
    await a.simple('begin')
    await a.prepared('p', 'select * from nowhere')
    await a.prepared('p', 'select * from nowhere')
    await a.simple('rollback')
    await a.prepared('p', 'select * from nowhere')
    await a.simple('create table nowhere (n int)')
    await a.prepared('p', 'select * from nowhere')
  })

  compare('prepared in a transaction that fails', async (a) => {
    await a.simple('begin')
    await ids(a)
    await a.simple('select 1 / 0')
    await ids(a)
    await all(a)
    await a.simple('rollback')
    await ids(a)
    await all(a)
  })
})

import { useComparison } from './compare.ts'

const { compare, briefly } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const dan = "insert into accounts values (4, 'Dan', 1)"
const eve = "insert into accounts values (5, 'Eve', 1)"
const fails = 'insert into accounts values (1)'

/** Each is sent as one string, then it is seen in what state the session is. */
const strings: string[] = [
  `${cid}; ${dan}`,
  `${cid}; select id from accounts order by id; ${dan}`,
  'select 1; select 2; select 3',
  `${fails}; ${cid}`,
  `${cid}; ${fails}; ${dan}`,
  `${cid}; ${dan}; ${fails}`,
  `${cid}; commit; ${dan}`,
  `${cid}; commit; ${fails}`,
  `${cid}; commit; ${dan}; ${fails}; ${eve}`,
  `begin; ${cid}; commit; ${dan}`,
  `begin; ${cid}; commit; ${dan}; ${fails}`,
  `begin; ${cid}; commit; begin; ${dan}; rollback; ${eve}`,
  `${cid}; rollback; ${dan}`,
  `${cid}; begin; ${dan}; rollback`,
  `${cid}; begin; ${dan}; commit; ${eve}`,
  `${cid}; begin; ${dan}; ${fails}; commit`,
  `begin; ${cid}`,
  `${cid}; begin; ${dan}`,
  `begin; ${cid}; ${fails}; commit`,
  `begin; ${fails}; rollback; ${cid}`,
  `begin; begin; ${cid}; commit; commit`,
  `commit; ${cid}`,
  `rollback; ${cid}; rollback`,
  `${cid}; commit; commit; ${dan}`,
  `${cid}; nonsense`,
  `begin; ${cid}; commit; nonsense here`,
  `${cid}; commit; select * from nowhere`,
  `${cid}; savepoint s; ${dan}`,
  `savepoint s; ${cid}`,
  `begin; savepoint s; ${cid}; rollback to s; ${dan}; commit`,
  `begin; savepoint s; ${cid}; release s; commit`,
  `begin; release s; ${cid}`,
  `; ${cid} ;; ; ${dan} ;`,
  `/* one */ ${cid}; -- two\n ${dan}; /* three; /* nested; */ */`,
  '; ;',
  '-- nothing',
  `begin; ;; ${cid}; /* ; */ commit ;`,
  `begin; ${cid}; commit and chain; ${dan}; rollback`,
  `begin; ${cid}; rollback and chain; ${dan}; commit`,
  `${cid}; commit and chain; ${dan}`,
  `${cid}; rollback and chain; ${dan}`,
  `begin read only; ${cid}; commit`,
  `begin; set transaction read only; ${cid}; commit`,
  `set transaction read only; ${cid}`,
  `${cid}; set transaction read only; ${dan}`,
  `set transaction isolation level serializable; ${cid}`,
  `begin isolation level serializable; ${cid}; commit`,
  `set local application_name to 'x'; show application_name`,
  `set application_name to 'x'; ${fails}`,
  `set application_name to 'x'; commit; ${fails}`,
  `set application_name to 'x'; show application_name`,
  `begin; set local application_name to 'x'; commit; show application_name`,
  `begin; set application_name to 'x'; rollback; show application_name`,
  `select remember('one'); select remember('two')`,
  `select remember('one'); commit; select remember('two'); rollback`,
  `begin; select 1 / 0; commit; ${cid}`,
  `select '; commit; '; ${cid}; select $$ ; rollback; $$`,
  `do $$ begin ${cid}; end $$; ${dan}`,
  `call add('called'); ${cid}`,
  `declare c cursor for select id from accounts order by id; fetch 1 from c; ${cid}`,
  `begin; declare c cursor for select id from accounts order by id; fetch 1 from c; commit`,
  `prepare p as ${cid}; execute p; deallocate p`,
  `begin; prepare p as ${cid}; execute p; rollback; deallocate p`,
  `create table made (id int); insert into made values (1); select * from made; drop table made`,
  `begin; create table made (id int); rollback; select * from made`,
  `begin transaction read only; commit; ${cid}`,
  `begin; commit; begin; rollback; begin; ${cid}; end`,
  `abort; begin; abort; ${cid}`,
  `begin; commit`,
  `begin; rollback`,
  `begin; select 1; commit; select 2`,
  `commit`,
  `begin; select 'ü', '😀', nowhere; commit`,
  `select '😀'; begin; select 'é' from nowhere; commit`,
  `begin; select 'é😀'; select 1 as "😀", error; commit`,
  `/* 😀 */ ${cid}; commit; selec 1`,
  `/* 😀 */ begin; /* é */ select 1 +; commit`,
  `select 1; savepoint "é😀"; select nothing`,
]

describe.each(strings)('%s', (text) => {
  briefly.compare('outside a transaction', async (a) => {
    await a.simple(text)
    await a.simple('select id from accounts order by id')
    await a.simple("insert into accounts values (7, 'after', 1)")
    await a.simple('commit')
    await a.simple('show application_name')
  })

  briefly.compare('inside a transaction', async (a) => {
    await a.simple('begin')
    await a.simple("insert into accounts values (6, 'before', 1)")
    await a.simple(text)
    await a.simple('select id from accounts order by id')
    await a.simple("insert into accounts values (7, 'after', 1)")
    await a.simple('commit')
    await a.simple('show application_name')
  })
})

compare('a string as the first of a transaction', async (a) => {
  await a.simple('begin')
  await a.simple(`${cid}; ${dan}`)
  await a.simple('rollback')
  await a.simple('begin')
  await a.simple(`savepoint s; ${cid}; rollback to s; ${dan}`)
  await a.simple('commit')
})

compare('several statements are refused in the extended protocol', async (a) => {
  await a.extended(`${cid}; ${dan}`)
  await a.extended(`begin; ${cid}`)
  await a.extended('begin; commit')
  await a.extended('select 1')
  await a.simple('begin')
  await a.extended('commit; begin')
  await a.simple('commit')
})

compare('a string that ends inside a transaction, which goes on', async (a) => {
  await a.simple(`begin; ${cid}`)
  await a.extended(dan)
  await a.simple(`${eve}; rollback`)
  await a.simple('select id from accounts order by id')
})

compare('five hundred statements', async (a) => {
  await a.simple(
    Array.from({ length: 500 }, (_, i) => `insert into accounts values (${i + 10}, 'x', 1)`).join(';'),
  )
  await a.simple(`begin; ${Array.from({ length: 500 }, (_, i) => `select ${i}`).join(';')}; commit`)
})

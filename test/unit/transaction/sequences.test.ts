import { keepValues, readSequences, type Sequences, sequencesIn } from '../../../src/transaction/sequences.ts'
import { dataRow } from '../exchange/data-row.ts'

const sequences: Sequences = readSequences(
  Buffer.concat([
    dataRow(['users_id_seq', null, 'public.users_id_seq', 'f', 't']),
    dataRow(['users_id_seq', null, 'old.users_id_seq', 'f', 't']),
    dataRow(['log_id_seq', null, 'public.log_id_seq', 't', 'f']),
    dataRow(['Odd names_id_seq', null, 'public."Odd names_id_seq"', 'f', 't']),
    dataRow(['users', 'users_id_seq', null, null, null]),
    dataRow(['Odd names', 'Odd names_id_seq', null, null, null]),
    dataRow(['orders', 'on_order', null, null, null]),
    dataRow(['on_order', 'BEGIN INSERT INTO log VALUES (1); PERFORM on_order(); END', null, null, null]),
    dataRow(['log', 'log_id_seq', null, null, null]),
    dataRow(['named', 'users', null, null, null]),
  ]),
)

const found = (...texts: string[]): string[] => sequencesIn(texts, sequences).map(({ name }) => name)
const OF_USERS = ['public.users_id_seq', 'old.users_id_seq']

describe('a statement may draw from', () => {
  test.each([
    [
      'the sequences of a table that it names, whatever the schema',
      'insert into app.Users values (1)',
      OF_USERS,
    ],
    ['a sequence that it names', "select setval('users_id_seq', 4)", OF_USERS],
    ['what a trigger of its table writes to', 'INSERT INTO orders VALUES (1)', ['public.log_id_seq']],
    ['what a function that it calls writes to', 'select on_order()', ['public.log_id_seq']],
    ['the sequences of the table below a view', 'insert into "named" values (1)', OF_USERS],
    [
      'those of a table whose name has to be quoted',
      'insert into "Odd names" values (1)',
      ['public."Odd names_id_seq"'],
    ],
    ['none, where it names nothing that leads to one', 'insert into users_archive values (1)', []],
  ])('%s', (_, text, names) => {
    expect(found(text)).toEqual(names)
  })

  test('several texts name each sequence once', () => {
    expect(found('insert into users', 'insert into users, orders')).toEqual([
      ...OF_USERS,
      'public.log_id_seq',
    ])
  })
})

test('nothing is known where the server has not answered', () => {
  expect(sequencesIn(['insert into users values (1)'], readSequences(Buffer.alloc(0)))).toEqual([])
})

test('whose sequence it is, and whether it cycles, is read along', () => {
  expect(sequencesIn(['log'], sequences)).toEqual([
    { name: 'public.log_id_seq', cycles: true, isOwned: false },
  ])
})

test('a sequence is told what it does already, so that it keeps its value', () => {
  const sql = keepValues([
    { name: 'public.a', cycles: false, isOwned: true },
    { name: `public."it's"`, cycles: true, isOwned: true },
  ])
  expect(sql).toContain("''ALTER SEQUENCE IF EXISTS public.a NO CYCLE''")
  expect(sql).toContain(`''ALTER SEQUENCE IF EXISTS public."it''''s" CYCLE''`)
})

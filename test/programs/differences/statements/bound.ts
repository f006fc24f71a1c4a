import fc from 'fast-check'
import type { Value } from '../../program.ts'
import { each, id, word } from './groups.ts'

export type WithValues = { readonly sql: string; readonly values: readonly Value[] }

function bound(sql: string, ...values: fc.Arbitrary<Value>[]): fc.Arbitrary<WithValues> {
  return fc.tuple(...values).map((chosen) => ({ sql, values: chosen }))
}

const number: fc.Arbitrary<Value> = fc.constantFrom(1, 2, 3, 4, 5, -1)
const text: fc.Arbitrary<Value> = fc.constantFrom('elm', 'fir', "it's; commit", '', null)
const boolean = fc.constantFrom(true, false)

/** Statements with values, some of them wrong ones. */
export const BOUND: fc.Arbitrary<WithValues> = fc.oneof(
  bound('insert into accounts values ($1, $2, $3)', number, text, number),
  bound('select name from accounts where id = $1', fc.constantFrom(1, 2, 'x', null)),
  bound('select $1::text as text, $2::int + 1 as next', text, number),
  bound(
    'update accounts set balance = balance - $1 where id = $2 returning balance',
    fc.constantFrom(60, 10),
    number,
  ),
  bound('insert into log (text) values ($1) returning text', text),
  bound('select count(*)::int as n from log where text like $1', text),
  bound('select remember($1)', text),
  bound('insert into children values ($1, $2)', number, fc.constantFrom(1, 99)),
  bound(
    'select set_config($1, $2, $3)',
    fc.constant('app.tenant'),
    fc.constantFrom('acme', 'other'),
    boolean,
  ),
  bound("select set_config('work_mem', $1, true)", fc.constantFrom('5MB', 'x')),
  bound('select $1::int as too_few'),
  bound('select 1 as too_many', number),
  bound('select 10 / $1::int as ten', fc.constantFrom(0, 2)),
  bound('begin'),
  bound('commit'),
  bound('insert into parents values ($1, $2); select 1', number, text),
)

export const BOUND_NOTIFY: fc.Arbitrary<WithValues> = bound(
  'select pg_notify($1, $2)',
  fc.constantFrom('news', 'talk'),
  text,
)

/** Queries that are read page by page. */
export const PAGED: fc.Arbitrary<string> = fc.oneof(
  each('select id, name from accounts order by id'),
  each('select n from generate_series(1, 5) n'),
  each('select 6 / (4 - n) from generate_series(1, 6) n'),
  each("select remember('page %') from generate_series(1, 5)", id),
  each("insert into log (text) values ('%'), ('%'), ('%') returning text", word, word, word),
  each("select set_config('app.tenant', '%', false)", word),
  each("insert into log (text) values ('%')", word),
  each('select nothing'),
  each('begin'),
  each(''),
)

/** What another client sends between two pages: it must not wait for what the pages may have locked. */
export const BETWEEN: fc.Arbitrary<string> = fc.oneof(
  each("insert into accounts values (%, '%', 1)", id, word),
  each('delete from accounts where id = %', id),
  each("insert into log (text) values ('between')"),
  each('select id, balance from accounts order by id'),
  each('select 1 / 0'),
  each("set app.tenant = '%'", word),
  each('insert into accounts values (5); select 1 / 0'),
)

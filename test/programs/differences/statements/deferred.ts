import { each, group, type Group, id, texts } from './groups.ts'

const NAMES = [
  'all',
  'all',
  'parent',
  'line',
  'place',
  'balance',
  'line, place',
  'public.place',
  'nowhere',
  'accounts_pkey',
]

/** Constraints whose check may wait for the commit. */
export const DEFERRED: readonly Group[] = [
  group(
    'deferred',
    4,
    each('insert into children values (%, %)', id, ['1', '5', '99']),
    each("insert into parents values (%, 'p%')", ['5', '99'], id),
    each('delete from parents where id = %', ['1', '5', '99']),
    each('delete from children where id = %', id),
    each('insert into entries values (%, %)', id, ['5', '-5', '0']),
    each('update entries set amount = % where id = %', ['0', '5', '-5'], id),
    each('delete from entries where id = %', id),
  ),
  texts(
    'deferred',
    3,
    'update seats set line = 3 - line',
    'update seats set line = 1 where id = 2',
    'update seats set line = 2 where id = 2',
    'update seats set place = 1 where id = 2',
    'update seats set place = 2 where id = 2',
    'insert into seats values (3, 3, 1)',
    'insert into seats values (3, 1, 3)',
    'delete from seats where id = 1',
  ),
  group(
    'deferred',
    3,
    each('set constraints % %', NAMES, ['deferred', 'immediate']),
    each('set constraints % %', NAMES, ['deferred', 'immediate']),
    each('do $do$ begin set constraints all %; end $do$', ['deferred', 'immediate']),
  ),
]

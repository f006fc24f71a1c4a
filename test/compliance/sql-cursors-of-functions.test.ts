import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison(`
  create function open_named(refcursor) returns refcursor language plpgsql as $$
    begin open $1 for select id from accounts order by id; return $1; end $$;
  create function open_two() returns setof refcursor language plpgsql as $$
    declare words refcursor := 'words'; begin
      return next open_named('accounts_cursor');
      open words for select 'word'; return next words;
    end $$`)

compareInEachProtocol(
  'a cursor of a name is fetched from in its transaction',
  async (a) => {
    for (const id of [1, 2]) {
      await a.run('begin')
      await a.run("select open_named('mine')")
      await a.run(`/* ${id} */ fetch all in mine`)
      await a.run('commit')
      await a.run('fetch all in mine')
    }
    await a.run("select open_named('mine')")
    await a.run('fetch all in mine')
  },
  [
    'row ["mine"]',
    'FETCH 2',
    'rejected 34000',
    'row ["mine"]',
    'FETCH 2',
    'rejected 34000',
    'rejected 34000',
  ],
)

compareInEachProtocol(
  'a name that is open is taken',
  async (a) => {
    await a.run('begin')
    await a.run("select open_named('mine')")
    await a.run("select open_named('mine')")
    await a.run('rollback')
    await a.run('begin')
    await a.run("select open_named('mine')")
    await a.run('close mine')
    await a.run("select open_named('mine')")
    await a.run('commit')
  },
  ['row ["mine"]', 'rejected 42P03, status E', 'CLOSE CURSOR', 'complete COMMIT'],
)

compareInEachProtocol(
  'several cursors of one call',
  async (a) => {
    await a.run('begin')
    await a.run('select open_two()')
    await a.run('fetch all from accounts_cursor')
    await a.run('fetch all from words')
    await a.run('commit')
    await a.run('begin')
    await a.run('select open_two()')
    await a.run('rollback')
    await a.run('fetch all from words')
  },
  ['row ["accounts_cursor"]', 'FETCH 2', 'row ["word"]', 'complete COMMIT', 'rejected 34000, status I'],
)

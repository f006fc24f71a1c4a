import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison(`
  create table documents (id int primary key, owner text, public boolean default false);
  alter table documents enable row level security;
  alter table documents force row level security;
  create policy readable on documents for select using (public or owner = current_setting('app.person', true));
  create policy writable on documents for all using (owner = current_setting('app.person', true))
    with check (owner = current_setting('app.person', true) and id > 0);
  create policy blocked on documents as restrictive for all using (coalesce(current_setting('app.blocked', true), '') <> 'yes');
  grant select, insert, update, delete on documents to app_user`)

describe('WITH CHECK and FORCE', () => {
  compareInEachProtocol(
    'refuse what the policy forbids, to the owner of the table as well',
    async (a) => {
      await a.run('alter table documents owner to app_user')
      await a.run('set role app_user')
      await a.run("set app.person to 'ann'")
      await a.run("insert into documents values (1, 'ann', false), (2, 'ann', true)")
      await a.run("insert into documents values (3, 'ben')")
      await a.run("insert into documents values (-1, 'ann')")
      await a.run("insert into documents values (1, 'ben') on conflict (id) do nothing")
      await a.run("set app.person to 'ben'")
      await a.run('select id from documents order by id')
      await a.run('update documents set public = false returning id')
      await a.run("insert into documents values (1, 'ben')")
      await a.run('begin')
      await a.run("select set_config('app.person', 'ann', true)")
      await a.run("update documents set owner = 'ben' where id = 1")
      await a.run('rollback')
      await a.run('begin')
      await a.run("set local app.blocked to 'yes'")
      await a.run('select id from documents')
      await a.run('commit')
      await a.run('select id from documents')
    },
    [
      'INSERT 0 2',
      '42501',
      '42501',
      '42501',
      'row ["2"]',
      'UPDATE 0',
      '23505',
      '42501',
      'SELECT 0',
      'row ["2"]',
    ],
  )
})

import { hideSecrets } from '../../../src/sql/secrets.ts'

describe('secrets are hidden', () => {
  test.each([
    ["create role ada password 'secret'", "create role ada password '***'"],
    [
      "ALTER USER ada WITH ENCRYPTED PASSWORD E'se\\'secret' LOGIN",
      "ALTER USER ada WITH ENCRYPTED PASSWORD '***' LOGIN",
    ],
    ["create user a password 'it''s secret' login", "create user a password '***' login"],
    ['create role a password $x$secret$x$ login', "create role a password '***' login"],
    ["create role a password /* x */ 'secret' login", "create role a password /* x */ '***' login"],
    ["create role a password -- x\n 'secret'", "create role a password -- x\n '***'"],
    ["create role a password U&'secret'", "create role a password '***'"],
    ["create role a password 'secret\\' login", "create role a password '***'"],
    ["create role a password 'never ends secret", "create role a password '***'"],
    [
      "do $$ begin execute 'alter role a password ''secret'' login'; end $$",
      "do $$ begin execute 'alter role a password '***' login'; end $$",
    ],
    [
      "create user mapping for a server s options (user 'a', password 'secret')",
      "create user mapping for a server s options (user 'a', password '***')",
    ],
    [
      "create subscription s connection 'host=h password=secret' publication p",
      "create subscription s connection '***' publication p",
    ],
    [
      "select dblink_connect('host=h password=secret user=a')",
      "select dblink_connect('host=h password=*** user=a')",
    ],
    [
      "select dblink_connect('host=h password=''secret'' user=a')",
      "select dblink_connect('host=h password=*** user=a')",
    ],
    ["select 'postgres://ada:secret@host:5432/db'", "select 'postgres://ada:***@host:5432/db'"],
    ['postgresql://:secret@host/db', 'postgresql://:***@host/db'],
    [
      "select set_config('app.jwt_secret', 'x secret', true)",
      "select set_config('app.jwt_secret', '***', true)",
      'jwt_',
    ],
    ["set app.api_key = 'the secret'", "set app.api_key = '***'"],
    ["set app.api_key to E'the secret'", "set app.api_key to '***'"],
    ["select crypt('the secret', gen_salt('bf'))", "select crypt('***', gen_salt('bf'))"],
    ["where hash = crypt('the secret', hash)", "where hash = crypt('***', hash)"],
    [
      "select pgp_sym_encrypt('secret', 'secret', 'cipher-algo=aes256')",
      "select pgp_sym_encrypt('***', '***', 'cipher-algo=aes256')",
    ],
    [
      "insert into users (email, password, age) values ('a@b', 'secret', '5')",
      "insert into users (email, password, age) values ('a@b', '***', '5')",
    ],
    [
      "insert into u (apiKey, n, \"accessToken\") values ('secret', null, 'secret'), (lower('secret'), 'b', 'secret') returning 'c'",
      "insert into u (apiKey, n, \"accessToken\") values ('***', null, '***'), (lower('***'), 'b', '***') returning 'c'",
    ],
    [
      "insert into u (email, token) select 'a@b', 'secret' from t",
      "insert into u (email, token) select 'a@b', '***' from t",
    ],
    [
      "update users set (email, password) = ('a@b', 'secret')",
      "update users set (email, password) = ('a@b', '***')",
    ],
    [
      "update users u set password = coalesce(null, 'secret'), name = 'ada'",
      "update users u set password = coalesce(null, '***'), name = 'ada'",
    ],
    [
      "where u.token in ('secret', 'secret') and name in ('ada')",
      "where u.token in ('***', '***') and name in ('ada')",
    ],
    [
      "where token = any(array['secret', 'secret']) or name = 'ada'",
      "where token = any(array['***', '***']) or name = 'ada'",
    ],
    [
      "where token::text like 'secret%' or lower(token) = 'secret'",
      "where token::text like '***' or lower(token) = '***'",
    ],
    ["where 'secret' = token and 'ada' = name", "where '***' = token and 'ada' = name"],
    ["where token is distinct from 'secret'", "where token is distinct from '***'"],
    ["select 'secret'::text as token, 'ada' as name", "select '***'::text as token, 'ada' as name"],
    [
      "select sign_in(name => 'ada', p_password := 'secret')",
      "select sign_in(name => 'ada', p_password := '***')",
    ],
    [
      "select sign_in('ada') where password_hash = $$secret$$",
      "select sign_in('ada') where password_hash = '***'",
    ],
    [
      "do $$ begin insert into u (password) values ('secret'); end $$",
      "do $$ begin insert into u (password) values ('***'); end $$",
    ],
    [
      "execute 'update u set token = ''secret'' where id = ''5'''",
      "execute 'update u set token = ''***'' where id = ''5'''",
    ],
    [
      `insert into events (data) values ('{"user": "ada", "apiKey": "the \\"secret"}')`,
      `insert into events (data) values ('{"user": "ada", "apiKey": "***"}')`,
    ],
    ['host=db password=secret user=ada', 'host=db password=*** user=ada'],
    ["where password = 'a\\' or token = 'secret'", "where password = '***'"],
    ["where password = 'it\\'s secret' or id = 1", "where password = '***'"],
  ])('%s', (text, shown, name = '') => {
    expect(hideSecrets(text)).toBe(shown)
    expect(hideSecrets(text).replace(`${name}secret`, '')).not.toContain('secret')
    expect(hideSecrets(shown)).toBe(shown)
  })

  test.each([
    'select password from users where id = $1',
    "update users set name = 'ada' where password is null",
    "select 'https://example.com/a:b@c'",
    'alter role ada password null',
    "select 'see https://example.com:8080/path'",
    "insert into settings (key, value) values ('theme', 'dark')",
    "update users set password = $1, token=$2 where id = '5'",
    'update users set password = crypt($1, gen_salt($2)) where password=old_password',
    "update users set password_changed_at = '2026-01-01', token_count = '5'",
    "create table users (token text default 'none', primary_key text check (primary_key <> 'x'))",
    "comment on column users.password is 'a hash'",
    "select count(token), 'x' from tokens where id = '5' group by token having 'a' = 'b'",
    "insert into users (email) values ('a@b') on conflict (token) do update set email = 'a@b'",
    "select set_config('request.user', 'ada', true), current_setting('app.secret')",
    "create role ada login valid until '2030-01-01'",
    "it's not closed, and the token isn't 'x'",
  ])('and nothing else: %s', (text) => {
    expect(hideSecrets(text)).toBe(text)
  })
})

import { isSecretName } from '../../../src/sql/secret-names.ts'
import { secretPlaces } from '../../../src/sql/secret-places.ts'

describe('what is a secret by its name', () => {
  test.each([
    'password',
    'PASSWORD',
    'user_password',
    'passwordHash',
    'password_digest',
    'new_password_confirmation',
    'pwd',
    'secret',
    'app.jwt_secret',
    'clientSecret',
    'token',
    'refresh_token',
    'resetTokenHash',
    'key',
    'api_key',
    'apiKey',
    'API_KEY',
    'apikey',
    'ssh_key',
    'encryption_key',
    'credentials',
    'p_password',
  ])('%s is', (name) => expect(isSecretName(name)).toBe(true))

  test.each([
    'id',
    'email',
    'name',
    'password_changed_at',
    'token_count',
    'prompt_tokens',
    'secretary',
    'tokenizer',
    'monkey',
    'primary_key',
    'foreignKey',
    'public_key',
    'idempotency_key',
    'key_id',
    'keyword',
    'value',
    'hash',
    '',
  ])('%s is not', (name) => expect(isSecretName(name)).toBe(false))
})

test.each<[sql: string, parameters: number[]]>([
  ['select * from users where email = $1 and password = $2', [2]],
  [
    'insert into users (email, password, name) values ($1, $2, $3), ($4, crypt($5, gen_salt($6)), $7)',
    [2, 5],
  ],
  ['insert into "users" ("email", "apiKey") values ($1, $2) returning "id", $3', [2]],
  ['insert into users (email, token) select $1, $2 from t where id = $3', [2]],
  ['update users set token = $1, name = $2 where key = $3', [1, 3]],
  ['update users set (name, token) = ($1, $2)', [2]],
  ['select * from t where token = any($1) or $2 = token or token in ($3, $4) or id = $5', [1, 2, 3, 4]],
  ['select * from t where token = $1::text and $2::text = token and id = $3', [1, 2]],
  ['select sign_in($1, p_password => $2)', [2]],
  ['merge into users u using s on u.id = $1 when not matched then insert (id, token) values ($2, $3)', [3]],
  ['select $1 as name, $2 as token', [2]],
  ['select set_config($1, $2, true), set_config($3, $4, true)', [2]],
])('the secret parameters of %s', (sql, parameters) => {
  const places = secretPlaces(sql, {}, (number) => (number === 1 ? 'app.secret' : 'app.user'))
  expect([...places.parameters].toSorted((one, other) => one - other)).toEqual(parameters)
  expect(places.strings).toEqual([])
})

test.each([
  'select (((',
  ')))]]',
  'insert into t (',
  "password '",
  'values (',
  ', ,',
  '"',
  '$$',
  'password = ',
  "e'",
  'as token = token',
  '$1 = ',
  '::',
])('what is no statement does no harm: %s', (sql) => {
  expect(() => secretPlaces(sql)).not.toThrow()
})

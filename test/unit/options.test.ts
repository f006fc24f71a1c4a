import { checkOptions, DEFAULT_OPTIONS } from '../../src/options.ts'
import { Sandbox } from '../../src/sandbox/sandbox.ts'
import { logByEnvironment, whenByEnvironment } from '../../src/sandbox/sql-log.ts'

test('those left out, and those that are undefined, are not there', () => {
  expect(checkOptions({ lateQueries: 'allow' })).toEqual({ lateQueries: 'allow' })
  expect(checkOptions({ ['logSql' as string]: undefined })).toEqual({})
  expect(checkOptions(DEFAULT_OPTIONS)).toEqual(DEFAULT_OPTIONS)
})

test.each([
  ['lateQueries', 'ignore', "The option takes 'error' or 'allow'."],
  ['logSql', true, "The option takes 'never', 'onFailure' or 'always'."],
  ['logValues', false, "The option takes 'exceptSecrets', 'never' or 'always'."],
  ['isolation', 'table', "The option takes 'transaction', 'schema' or 'database'."],
  ['deterministicIds', 'yes', 'The option takes true or false.'],
  ['rollbackTimeout', '2000', 'The option takes a number of milliseconds above 0.'],
  ['rollbackTimeout', -1, 'The option takes a number of milliseconds above 0.'],
  ['logSQL', 'always', 'The option takes nothing, as there is no such option: there are outsideQueries, '],
])('%s: %s is refused', (name, value, text) => {
  const check = () => checkOptions({ [name]: value })
  expect(check).toThrow(`testTransaction.configure was given ${name}: ${String(value)}.`)
  expect(check).toThrow(text)
})

test.each([
  [undefined, undefined],
  ['', undefined],
  ['0', undefined],
  ['1', 'onFailure'],
  ['true', 'onFailure'],
  ['always', 'always'],
  ['never', 'never'],
])('TEST_DB_LOG_SQL=%s means %s', (value, when) => {
  expect(whenByEnvironment(value)).toBe(when)
})

test('without the variable the option counts', () => {
  const sandbox = new Sandbox()
  sandbox.configure({ logSql: 'always' })
  expect(sandbox.options.logSql).toBe('always')
  expect(logByEnvironment({})).toEqual({})
})

test('the variable comes as an option', () => {
  expect(logByEnvironment({ ['TEST_DB_LOG_SQL']: '1' })).toEqual({ logSql: 'onFailure' })
})

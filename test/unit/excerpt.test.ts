import { templateFailed } from '../../src/databases/errors.ts'
import * as errors from '../../src/errors.ts'
import * as ofLevels from '../../src/sandbox/errors.ts'
import { excerpt } from '../../src/excerpt.ts'
import { warnOfForeignLocks } from '../../src/warnings.ts'

const sql = "alter role ada login\n  password 'hunter2'"
const shown = "alter role ada login password '***'"

test('a text is one line, and shortened', () => {
  expect(excerpt(' select 1,\n\t2 ')).toBe('select 1, 2')
  expect(excerpt('x'.repeat(101))).toBe(`${'x'.repeat(99)}…`)
  expect(excerpt('x'.repeat(11), 10)).toBe(`${'x'.repeat(9)}…`)
})

test('a secret is hidden before the text is shortened', () => {
  expect(excerpt(`select ${'1, '.repeat(25)} crypt('hunter2 and more', salt)`, 100)).toContain("crypt('***'")
  expect(excerpt(`insert into u (token) values ('${'hunter2'.repeat(100)}')`)).toBe(
    "insert into u (token) values ('***')",
  )
})

test.each([
  ['a query that waits', () => errors.outsideQuery(sql, '', 1)['M']],
  ['one that is late', () => ofLevels.calledLate(sql, undefined, '')['M']],
  ['one that waits for a lock', () => errors.blockedByTest(sql)['M']],
  ['a statement of the sandbox', () => errors.failedOwnStatement(sql, { M: sql, C: '42704' }).message],
  ['a template', () => templateFailed('a command', undefined, new Error(sql)).message],
])('the error of %s shows no password', (_what, message) => {
  expect(message()?.replaceAll(/\s+/g, ' ')).toContain(shown)
  expect(message()).not.toContain('hunter2')
})

test('nor does a warning, of its own query or of another connection', () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation()
  warnOfForeignLocks(sql, 1, [{ processId: 1, application: null, state: 'idle', query: sql }])
  const text = String(warned.mock.calls[0]?.[0])
  warned.mockRestore()
  expect(text.split(shown)).toHaveLength(3)
  expect(text).not.toContain('hunter2')
})

import { stringValue } from '../../../src/sql/literals.ts'
import { quoteIdentifier, quoteLiteral } from '../../../src/sql/quote.ts'

test('an identifier keeps its case and its quotes', () => {
  expect(quoteIdentifier('My "table"')).toBe('"My ""table"""')
})

test('a string is quoted with its quotes doubled', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'")
})

test.each(['a\\b', "\\'; drop table t; --", '\\\\', ''])('%j means the same under either setting', (text) => {
  expect(stringValue(quoteLiteral(text).trim(), true)).toBe(text)
  expect(stringValue(quoteLiteral(text).trim(), false)).toBe(text)
})

import { quoteIdentifier } from '../../../src/sql/quote.ts'

test('an identifier keeps its case and its quotes', () => {
  expect(quoteIdentifier('My "table"')).toBe('"My ""table"""')
})

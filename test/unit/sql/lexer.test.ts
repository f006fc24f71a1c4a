import { type LexerOptions, tokenize } from '../../../src/sql/lexer.ts'

function texts(sql: string, options?: LexerOptions): string[] {
  return tokenize(sql, options).map(({ start, end }) => sql.slice(start, end))
}

function kinds(sql: string): string[] {
  return tokenize(sql).map(({ kind }) => kind)
}

const backslashes = { standardConformingStrings: false }

test.each([
  ["'it''s' x", ["'it''s'", 'x']],
  ["'a\\' x", ["'a\\'", 'x']],
  ["E'a\\' x' y", ["E'a\\' x'", 'y']],
  ["e'a\\\\' y", ["e'a\\\\'", 'y']],
  ["U&'d\\' y", ["U&'d\\'", 'y']],
  ["N'a' y", ['N', "'a'", 'y']],
  ["ab'c'", ['ab', "'c'"]],
  ["'a'\n'b'", ["'a'\n'b'"]],
  ["'a' -- it's\n\t'b'", ["'a' -- it's\n\t'b'"]],
  ["'a'--\n--\r'b'", ["'a'--\n--\r'b'"]],
  ["'a' 'b'", ["'a'", "'b'"]],
  ["'a' /* \n */ 'b'", ["'a'", "'b'"]],
  ["'a'\n/* */ 'b'", ["'a'", "'b'"]],
  ["E'a'\n'\\'b'", ["E'a'\n'\\'b'"]],
  ["'a'\nE'b'", ["'a'", "E'b'"]],
  ["B'1''0'", ["B'1'", "'0'"]],
  ["X'1'\n'F'", ["X'1'\n'F'"]],
])('strings: %j', (sql, expected) => {
  expect(texts(sql)).toEqual(expected)
})

test.each([
  ["'a\\' x' y", ["'a\\' x'", 'y']],
  ["N'a\\'' y", ['N', "'a\\''", 'y']],
  ["'a'\n'\\'b' y", ["'a'\n'\\'b'", 'y']],
  ["U&'d\\' y", ["U&'d\\'", 'y']],
  ["B'1\\' y", ["B'1\\'", 'y']],
  ['"a\\" y', ['"a\\"', 'y']],
  ['$$\\$$ y', ['$$\\$$', 'y']],
])('without standard_conforming_strings a backslash escapes in an ordinary string: %j', (sql, expected) => {
  expect(texts(sql, backslashes)).toEqual(expected)
})

test.each([
  ['$$a;b$$ x', ['$$a;b$$', 'x']],
  ['$a$ $$ $b$ $a$ x', ['$a$ $$ $b$ $a$', 'x']],
  ['$é$x$é$', ['$é$x$é$']],
  ['$A$ $a$ $A$', ['$A$ $a$ $A$']],
  ['a$b$c', ['a$b$c']],
  ['1$$x$$', ['1', '$$x$$']],
  ['$1$2', ['$1', '$2']],
  ['$a b', ['$', 'a', 'b']],
])('dollars: %j', (sql, expected) => {
  expect(texts(sql)).toEqual(expected)
})

test.each([
  ['a/* /* ; */ */b', ['a', 'b']],
  ['a--;\rb', ['a', 'b']],
  ['/**/ /*/ */x', ['x']],
  ['a+--\nb', ['a', '+', 'b']],
  ['a@/*c*/-1', ['a', '@', '-', '1']],
])('comments: %j', (sql, expected) => {
  expect(texts(sql)).toEqual(expected)
})

test.each([
  ['a=-1', ['a', '=', '-', '1']],
  ['a@-1', ['a', '@-', '1']],
  ['a<=b->>c', ['a', '<=', 'b', '->>', 'c']],
  ['a+-+b', ['a', '+', '-', '+', 'b']],
  ['a::b', ['a', '::', 'b']],
  ['a[1:2]', ['a', '[', '1', ':', '2', ']']],
  ['f(a:=1)', ['f', '(', 'a', ':=', '1', ')']],
])('operators: %j', (sql, expected) => {
  expect(texts(sql)).toEqual(expected)
})

test.each(['1', '1.5', '.5', '1.', '1e5', '1.5e-3', '1_000', '0x1F', '0b10', '0o17', '1_0.0_1'])(
  '%s is one number',
  (sql) => {
    expect(tokenize(sql)).toEqual([{ kind: 'number', start: 0, end: sql.length }])
  },
)

test('a range of numbers is two numbers', () => {
  expect(texts('1..2')).toEqual(['1', '..', '2'])
})

test.each(["'a;b", "E'a\\", "E'a\\'", '"a', '$$a', '$a$ $$', "U&'", 'U&"', "B'1", "'a'\n'b", '"a""'])(
  '%j, which does not end, is one token to the end',
  (sql) => {
    expect(texts(sql)).toEqual([sql])
  },
)

test('a comment that does not end is the last token', () => {
  expect(texts('a /* /* */ b')).toEqual(['a', '/* /* */ b'])
  expect(kinds('a /*')).toEqual(['word', 'comment'])
})

test('every kind of token has its name', () => {
  expect(kinds("a \"b\" 'c' E'd' U&'e' U&\"f\" $$g$$ B'1' 1 $1 + ;")).toEqual([
    'word',
    'quotedIdentifier',
    'string',
    'string',
    'string',
    'quotedIdentifier',
    'string',
    'bitString',
    'number',
    'parameter',
    'operator',
    'symbol',
  ])
})

test('characters beyond ASCII, a no-break space too, belong to words', () => {
  expect(texts('é\u00a0😀 x')).toEqual(['é\u00a0😀', 'x'])
})

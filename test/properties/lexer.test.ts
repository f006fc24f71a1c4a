import fc from 'fast-check'
import { loadModule, parseSync, scanSync } from 'libpg-query'
import { tokenize } from '../../src/sql/lexer.ts'
import { splitStatements } from '../../src/sql/statements.ts'
import { isBrief, PROPERTY_RUNS } from './property-runs.ts'

const runs = { numRuns: PROPERTY_RUNS }

beforeAll(loadModule)

/** The offset in the string for each offset in its UTF-8 bytes. */
function charactersByByte(text: string): number[] {
  const offsets: number[] = []
  let at = 0
  for (const character of text) {
    for (let i = Buffer.byteLength(character); i > 0; i--) offsets.push(at)
    at += character.length
  }
  return [...offsets, at]
}

function postgresTokens(sql: string): string[] | undefined {
  const offsets = charactersByByte(sql)
  try {
    return scanSync(withoutLineComments(sql))
      .tokens.filter((token) => !token.tokenName.endsWith('_COMMENT'))
      .map((token) => `${offsets[token.start]}-${offsets[token.end]}`)
  } catch {
    return undefined
  }
}

/**
 * The scanner of libpg_query is patched to give comments as tokens, so that 'a' -- c, a line break and 'b' are two strings to it
 * and one to the server. Spaces in place of the comments bring back the server's rule.
 */
function withoutLineComments(sql: string): string {
  const comment = scanSync(sql).tokens.find((token) => token.tokenName === 'SQL_COMMENT')
  if (!comment) return sql
  const bytes = Buffer.from(sql)
  bytes.fill(' ', comment.start, comment.end)
  return withoutLineComments(bytes.toString())
}

function ourTokens(sql: string): string[] {
  return tokenize(sql).map((token) => `${token.start}-${token.end}`)
}

const fragment = fc.constantFrom(
  "'",
  "''",
  "'a'",
  "'it''s'",
  "'a\\'",
  "E'",
  "e'\\''",
  "E'a\\\\'",
  "E'\\n'",
  "E'\\101'",
  "U&'",
  "u&'d\\0061'",
  'U&"',
  'u&"d\\0061"',
  "b'",
  "B'01'",
  "x'1F'",
  "X'",
  "n'",
  "N'a'",
  '"',
  '""',
  '"a"',
  '"a""b"',
  '$',
  '$$',
  '$$a$$',
  '$a$',
  '$é$',
  '$a$ $$ $b$ $a$',
  '$1',
  '$12',
  'a',
  'A_b',
  'a$b',
  'a$b$c',
  'é',
  'ü1',
  '😀',
  '\u00a0',
  'select',
  'e',
  'E',
  'u',
  'U&',
  'b',
  'x',
  'n',
  'uescape',
  '_',
  '--',
  '-- c',
  '/*',
  '*/',
  '/* c */',
  '/* /* */ */',
  '/*/',
  '**/',
  '-',
  '+',
  '*',
  '/',
  '<',
  '>',
  '=',
  '@',
  '!',
  '|',
  '||',
  '->>',
  '@-',
  '<=',
  '=>',
  '~',
  '#',
  '^',
  '&',
  '`',
  '?',
  '%',
  '@>',
  '+-',
  '--+',
  '=-',
  '::',
  ':',
  ':=',
  '..',
  '.',
  ',',
  ';',
  '(',
  ')',
  '[',
  ']',
  '1',
  '1.5',
  '.5',
  '1.',
  '1e5',
  '1e',
  '1e+5',
  '1_000',
  '1_',
  '0x1F',
  '0b10',
  '0o7',
  '0x',
  '1..2',
  '00',
  '1.5e-3',
  ' ',
  '  ',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\f',
  '\v',
  " \n 'b'",
  "\n--c\n'b'",
  "--c\n'b'",
  " --c'\n 'b\\'' ",
)

/** A text whose strings and comments are terminated more often, so that the oracle has something to say. */
const text = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''))

test('tokens begin and end where those of Postgres do', () => {
  let agreed = 0
  fc.assert(
    fc.property(text, (sql) => {
      const expected = postgresTokens(sql)
      const tokens = ourTokens(sql)
      if (!expected) return
      expect(tokens).toEqual(expected)
      agreed++
    }),
    { numRuns: runs.numRuns * 10 },
  )
  expect(agreed).toBeGreaterThan(runs.numRuns)
})

test('tokens do so in well-formed strings that continue over lines', () => {
  const gap = fc.constantFrom(
    '\n',
    ' \n ',
    '\r',
    '\n-- x\n',
    "-- it's\n",
    ' ',
    '/* x */\n',
    '\n\n\t',
    '--\n--\n',
    '\n/**/',
  )
  const part = fc.array(fc.constantFrom('a', "''", '\\\\', 'é', '-- ', '/*', '$$', '"', '\n'), {
    maxLength: 4,
  })
  const prefix = fc.constantFrom('', 'E', 'e', 'U&', 'B', 'x', 'n')
  const string = fc.tuple(prefix, fc.array(fc.tuple(part, gap), { minLength: 1, maxLength: 4 }))
  fc.assert(
    fc.property(fc.array(string, { maxLength: 4 }), (strings) => {
      const sql = strings
        .map(([head, parts]) => head + parts.map(([body, after]) => `'${body.join('')}'${after}`).join(''))
        .join('x ')
      expect(ourTokens(sql)).toEqual(postgresTokens(sql) ?? ourTokens(sql))
    }),
    { numRuns: runs.numRuns * 2 },
  )
})

test('runs of operator characters are cut as Postgres cuts them', () => {
  const operator = fc
    .array(fc.constantFrom(...'+-*/<>=~!@#^&|`?%'.split('')), { minLength: 1, maxLength: 12 })
    .map((all) => all.join(''))
  fc.assert(
    fc.property(operator, operator, (first, second) => {
      const sql = `a ${first}\n${second} b */ \n`
      expect(ourTokens(sql)).toEqual(postgresTokens(sql) ?? ourTokens(sql))
    }),
    { numRuns: runs.numRuns * 4 },
  )
})

const statement = fc.constantFrom(
  '',
  ' ',
  '/* ; */',
  '-- ;\n',
  'begin',
  'commit',
  'end',
  'select 1',
  "select ';'",
  "select 'a;'\n';b'",
  'select $$;$$',
  'select $a$;$$;$a$',
  'select ";" from "a;b"',
  "select e'\\';'",
  'select \'é;\' as "😀"',
  'select 1 as end',
  'select 1 end',
  'select t.end from t',
  'select case when 1=1 then 2 end',
  'select begin atomic from t',
  'select begin from atomic',
  'create table atomic(begin int)',
  'create rule r as on insert to t do also (insert into u values (1); delete from v; select 1)',
  'create rule r as on delete to t do instead nothing',
  "create function f() returns int language sql as 'select 1; select 2'",
  'create function f() returns int return 1',
  'create function f(begin atomic) returns int begin atomic select 1; end',
  'create or replace function f() returns int begin atomic; ; select case a when 1 then 2 end; select 1 end; select begin atomic from t; end',
  'create procedure p() begin atomic end',
  'create or replace procedure p() begin /* ; */ atomic insert into t values (1); update t set a = case when b then 1 else 2 end; end',
  'create procedure p() begin atomic create function f() returns int begin atomic select 1; select 2; end; select 3; end',
  'create procedure p() begin atomic create rule r as on insert to t do also (select 1; select 2); select 3; end',
  'create function begin() returns begin begin atomic select 1; end',
  'create function f() returns int language begin begin atomic select 1; end',
  'do $$ begin perform 1; end $$',
  'create view function as select 1 as begin',
  'create schema s create table t(a int) create view v as select 1',
  'prepare p as select 1',
  'alter table t add constraint c check (a > 1)',
)

/** Without the comments and white space around it, which the parser's places may include. */
function trimmed(sql: string): string {
  const tokens = tokenize(sql)
  return sql.slice(tokens.at(0)?.start, tokens.at(-1)?.end)
}

test('statements are split where the parser of Postgres splits them', () => {
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 8 }), (statements) => {
      const sql = statements.join(';')
      const bytes = Buffer.from(sql)
      const { stmts = [] } = tokenize(sql).length > 0 ? parseSync(sql) : {}
      const expected = stmts.map(({ stmt_location: from = 0, stmt_len: length }) => {
        const part = bytes.subarray(from, length ? from + length : undefined).toString()
        return trimmed(part)
      })
      expect(splitStatements(sql).map(({ start, end }) => sql.slice(start, end))).toEqual(expected)
    }),
    runs,
  )
})

test('no text makes the lexer throw, stand still, or leave out or repeat a character', () => {
  const garbage = fc.oneof(text, fc.string({ unit: 'binary', maxLength: 40 }))
  fc.assert(
    fc.property(garbage, fc.boolean(), (sql, standardConformingStrings) => {
      let last = 0
      for (const { start, end } of tokenize(sql, { standardConformingStrings })) {
        expect(start).toBeGreaterThanOrEqual(last)
        expect(end).toBeGreaterThan(start)
        expect(end).toBeLessThanOrEqual(sql.length)
        last = end
      }
      let edge = 0
      for (const { start, end } of splitStatements(sql, { standardConformingStrings })) {
        expect(start).toBeGreaterThanOrEqual(edge)
        expect(end).toBeGreaterThan(start)
        edge = end
      }
    }),
    { numRuns: runs.numRuns * 4 },
  )
})

/** Texts that punish a lexer that looks at a character more often than a few times. */
const punishing: Record<string, (length: number) => string> = {
  'one long string': (n) => `select '${'a'.repeat(n)}'`,
  'a string of doubled quotes': (n) => `select '${"''".repeat(n / 2)}'`,
  'an open string': (n) => `select '${'a'.repeat(n)}`,
  'strings that nothing continues': (n) => "'' \n\n".repeat(n / 5),
  'strings that go on': (n) => "'a'\n".repeat(n / 4),
  'one number of parentheses': (n) => '('.repeat(n),
  'closing parentheses': (n) => ')'.repeat(n),
  'plus signs': (n) => '+'.repeat(n),
  'signs before an operator': (n) => `${'+'.repeat(n)}@`,
  'open comments in comments': (n) => '/*'.repeat(n / 2),
  'stars in a comment': (n) => `/*${'*'.repeat(n)}`,
  'comments to the end of the line': (n) => '--\n'.repeat(n / 3),
  dollars: (n) => '$'.repeat(n),
  'dollar tags that do not close': (n) => '$a '.repeat(n / 3),
  'one long tag': (n) => `$${'a'.repeat(n / 2)}$${'a'.repeat(n / 2)}`,
  quotes: (n) => '"'.repeat(n),
  backslashes: (n) => `E'${'\\'.repeat(n)}`,
  digits: (n) => '1_'.repeat(n / 2),
  dots: (n) => '.'.repeat(n),
  statements: (n) => 'select 1;'.repeat(n / 9),
  'beginnings of bodies': (n) => 'create function begin atomic '.repeat(n / 29),
}

/** Of the longest text. The shorter one shows quadratic work, too: even a search by the engine itself takes seconds. */
const LENGTH = isBrief ? 1_000_000 : 2_000_000

test.each(Object.entries(punishing))('the time for %s grows as the text does', (_, make) => {
  const time = (length: number): number => {
    const sql = make(length)
    const from = performance.now()
    splitStatements(sql)
    return performance.now() - from
  }
  time(LENGTH / 20)
  // Ten times the text may take some forty times the time on a busy machine; quadratic work would take a hundred times.
  expect(time(LENGTH)).toBeLessThan(Math.max(40 * time(LENGTH / 10), 400))
})

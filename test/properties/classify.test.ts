import fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { classify } from '../../src/sql/classify.ts'
import type { Command } from '../../src/sql/command.ts'
import { readingFunctions } from '../../src/sql/functions.ts'
import { PROPERTY_RUNS } from './property-runs.ts'

const runs = { numRuns: PROPERTY_RUNS * 10 }

beforeAll(loadModule)

type Tree = Record<string, any>

function parsed(sql: string): Tree | undefined {
  try {
    // The parser of libpg_query, unlike the server, ends a string at a comment: 'a' -- c, a line break and 'b' are one string.
    const { stmts } = parseSync(sql.replaceAll(' -- c\n', ' \n'))
    return stmts?.length === 1 ? stmts.at(0)?.stmt : undefined
  } catch {
    return undefined
  }
}

const wordGap = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '  ',
  '\n',
  '\t',
  ' /* c */ ',
  '/**/',
  '/* /* ; */ */',
  ' -- c\n',
  '\r\n',
)

/** Words in any case, with any white space and comments between them. */
function spelled(words: fc.Arbitrary<string[]>): fc.Arbitrary<string> {
  return words.chain((list) =>
    fc
      .tuple(
        ...list.map((word) =>
          fc.tuple(/^\w+$/.test(word) ? fc.mixedCase(fc.constant(word)) : fc.constant(word), wordGap),
        ),
      )
      .map((parts) => parts.flat().join('')),
  )
}

function soup(starts: string[], words: string[]): fc.Arbitrary<string> {
  const rest = fc.array(fc.constantFrom(...words), { maxLength: 6 })
  return spelled(
    fc.tuple(fc.constantFrom(...starts), rest).map(([start, more]) => [...start.split(' '), ...more]),
  )
}

const transactionKinds: Record<string, (statement: Tree) => Partial<Command>> = {
  TRANS_STMT_BEGIN: (s) => ({ kind: 'begin', tag: 'BEGIN', modes: modes(s.options) }),
  TRANS_STMT_START: (s) => ({ kind: 'begin', tag: 'START TRANSACTION', modes: modes(s.options) }),
  TRANS_STMT_COMMIT: (s) => ({ kind: 'commit', chain: s.chain ?? false }),
  TRANS_STMT_ROLLBACK: (s) => ({ kind: 'rollback', chain: s.chain ?? false }),
  TRANS_STMT_SAVEPOINT: (s) => ({ kind: 'savepoint', name: s.savepoint_name }),
  TRANS_STMT_RELEASE: (s) => ({ kind: 'release', name: s.savepoint_name }),
  TRANS_STMT_ROLLBACK_TO: (s) => ({ kind: 'rollbackTo', name: s.savepoint_name }),
  TRANS_STMT_PREPARE: (s) => ({ kind: 'prepareTransaction', gid: s.gid ?? '' }),
  TRANS_STMT_COMMIT_PREPARED: (s) => ({ kind: 'commitPrepared', gid: s.gid ?? '' }),
  TRANS_STMT_ROLLBACK_PREPARED: (s) => ({ kind: 'rollbackPrepared', gid: s.gid ?? '' }),
}

function modes(options: Tree[] = []): Tree {
  const result: Tree = {}
  for (const { DefElem } of options) {
    const value = DefElem.arg.A_Const
    if (DefElem.defname === 'transaction_isolation') result.isolation = value.sval.sval
    else
      result[DefElem.defname === 'transaction_read_only' ? 'readOnly' : 'deferrable'] = value.ival?.ival === 1
  }
  return result
}

const modeWords = [
  'isolation',
  'level',
  'serializable',
  'repeatable',
  'read',
  'committed',
  'uncommitted',
  'only',
  'write',
  ',',
  'not',
  'deferrable',
]
const modePhrases = [
  'isolation level serializable',
  'isolation level read committed',
  'isolation level repeatable read',
  'read only',
  'read write',
]
const names = [
  'a',
  'É',
  '"A"',
  '"a""b"',
  'U&"d\\0061t"',
  'U&"d!0061t" uescape \'!\'',
  'savepoint',
  'work',
  'select',
  'left',
  'values',
  'é'.repeat(40),
  '""',
]
const strings = [
  "'gid'",
  "'it''s'",
  "E'a\\nb\\303\\251'",
  "e'\\u00e9\\x41'",
  "U&'d\\0061'",
  '$$x$$',
  '$a$ $$ $a$',
  "'a'\n'b'",
  "''",
  "N'x'",
  "B'1'",
  '$1',
]

function whatPostgresSays(sql: string): Partial<Command> | undefined {
  const statement = parsed(sql)
  if (!statement) return undefined
  if (statement.TransactionStmt)
    return transactionKinds[statement.TransactionStmt.kind]?.(statement.TransactionStmt)
  const set: Tree | undefined = statement.VariableSetStmt
  if (set?.kind === 'VAR_SET_MULTI') {
    if (set.name === 'TRANSACTION') return { kind: 'setTransaction', modes: modes(set.args) }
    if (set.name === 'TRANSACTION SNAPSHOT')
      return { kind: 'setTransaction', snapshot: set.args[0].A_Const.sval?.sval ?? '' }
    return { kind: 'setSessionCharacteristics', modes: modes(set.args), local: set.is_local ?? false }
  }
  return { kind: 'other' }
}

describe('a statement that could be a transaction command', () => {
  const first = [
    'begin',
    'start',
    'start transaction',
    'commit',
    'end',
    'rollback',
    'abort',
    'savepoint',
    'release',
    'rollback to',
    'prepare transaction',
    'commit prepared',
    'rollback prepared',
  ]
  const more = [
    'work',
    'transaction',
    'and',
    'no',
    'chain',
    'to',
    'savepoint',
    'prepared',
    ...modePhrases,
    ...modeWords,
    ...names,
    ...strings,
  ]
  const counts = { agreed: 0, accepted: 0 }

  test.each([
    ['any words', soup(first, more)],
    [
      'modes',
      soup(
        ['begin', 'begin work', 'start transaction'],
        [...modePhrases, 'deferrable', 'not deferrable', ','],
      ),
    ],
    [
      'the end',
      soup(
        ['commit', 'end', 'rollback', 'abort'],
        ['work', 'transaction', 'and', 'no', 'chain', 'and chain', 'and no chain'],
      ),
    ],
    [
      'names',
      soup(
        [
          'savepoint',
          'release',
          'rollback to',
          'rollback work to',
          'release savepoint',
          'rollback to savepoint',
        ],
        names,
      ),
    ],
    ['global ids', soup(['prepare transaction', 'commit prepared', 'rollback prepared'], strings)],
  ])('is what the parser of Postgres says, or invalid: %s', (_, sqls) => {
    fc.assert(
      fc.property(sqls, (sql) => {
        const expected = whatPostgresSays(sql)
        if (expected?.kind === 'other')
          return expect(classify(sql)).toMatchObject({ kind: 'prepareStatement' })
        expect(classify(sql)).toEqual(expected ?? { kind: 'invalid' })
        counts.agreed++
        if (expected) counts.accepted++
      }),
      runs,
    )
  })

  afterAll(() => expect(counts.accepted).toBeGreaterThan(runs.numRuns))
})

test('SET and RESET are what the parser of Postgres says', () => {
  const words = [
    'local',
    'session',
    'transaction',
    'characteristics',
    'as',
    'snapshot',
    'time',
    'zone',
    'role',
    'schema',
    'names',
    'constraints',
    'all',
    'deferred',
    'authorization',
    'default',
    'to',
    '=',
    '.',
    'current',
    'from',
    ',',
    '1',
    '-1.5',
    'on',
    'utc',
    'xml',
    'option',
    'document',
    ...modePhrases,
    ...names,
    ...strings,
  ]
  const starts = [
    'set',
    'set local',
    'set session',
    'set transaction',
    'set session characteristics as transaction',
    'set x =',
    'set time zone',
    'set constraints',
    'set a.b to',
    'set role',
    'set names',
    'set local session',
    'set session session',
    'reset',
    'set transaction snapshot',
    'set session authorization',
  ]
  let accepted = 0
  fc.assert(
    fc.property(soup(starts, words), (sql) => {
      const statement = parsed(sql)
      const command = classify(sql)
      if (!statement) return
      accepted++
      const set: Tree | undefined = statement.VariableSetStmt
      if (statement.ConstraintsSetStmt)
        return expect(command).toMatchObject({
          kind: 'setConstraints',
          deferred: statement.ConstraintsSetStmt.deferred ?? false,
        })
      if (set!.kind === 'VAR_SET_MULTI') return expect(command).toEqual(whatPostgresSays(sql))
      if (set!.kind === 'VAR_RESET_ALL') return expect(command).toEqual({ kind: 'reset', name: 'all' })
      const name = set!.name.replace(/[A-Z]/g, (letter: string) => letter.toLowerCase())
      if (set!.kind === 'VAR_RESET') return expect(command).toEqual({ kind: 'reset', name })
      expect(command).toMatchObject({ kind: 'set', name, local: set!.is_local ?? false })
      expect((command as Tree).toDefault).toBe(set!.kind === 'VAR_SET_DEFAULT' ? true : undefined)
      const value = set!.args?.length === 1 ? set!.args[0].A_Const : undefined
      if (value?.sval) expect((command as Tree).value).toBe(value.sval.sval ?? '')
    }),
    runs,
  )
  expect(accepted).toBeGreaterThan(runs.numRuns / 40)
})

test('commands with a name are what the parser of Postgres says', () => {
  const words = [
    'all',
    '*',
    'prepare',
    'as select 1',
    '( int )',
    ',',
    'cursor',
    'no scroll',
    'with hold',
    'without hold',
    'for select 1',
    'binary',
    '.',
    'from',
    'to',
    'stdin',
    'stdout',
    'program',
    '( a )',
    '( select 1 )',
    ...names,
    ...strings.filter((string) => string !== "''"),
  ]
  const starts = [
    'prepare',
    'deallocate',
    'deallocate prepare',
    'listen',
    'unlisten',
    'notify',
    'declare',
    'declare c cursor',
    'close',
    'copy',
    'copy t',
    'copy ( select 1 ) to',
    'copy t to',
    'copy t from',
    'discard',
    'discard temporary',
  ]
  let accepted = 0
  fc.assert(
    fc.property(soup(starts, words), (sql) => {
      const statement = parsed(sql)
      const command = classify(sql)
      if (!statement || statement.TransactionStmt) return
      accepted++
      const [type, tree] = Object.entries(statement)[0] as [string, Tree]
      const name = tree.name ?? tree.conditionname
      if (type === 'PrepareStmt') expect(command).toEqual({ kind: 'prepareStatement', name })
      else if (type === 'DeallocateStmt')
        expect(command).toEqual({ kind: 'deallocate', ...(name ? { name } : { all: true }) })
      else if (type === 'ListenStmt') expect(command).toEqual({ kind: 'listen', channel: name })
      else if (type === 'UnlistenStmt')
        expect(command).toEqual({ kind: 'unlisten', ...(name ? { channel: name } : { all: true }) })
      else if (type === 'NotifyStmt')
        expect(command).toMatchObject({
          kind: 'notify',
          channel: name,
          ...(tree.payload && { payload: tree.payload }),
        })
      else if (type === 'DeclareCursorStmt')
        expect(command).toEqual({
          kind: 'declareCursor',
          name: tree.portalname,
          hold: (tree.options & 0x20) !== 0,
        })
      else if (type === 'ClosePortalStmt')
        expect(command).toEqual({
          kind: 'closeCursor',
          ...(tree.portalname ? { name: tree.portalname } : { all: true }),
        })
      else if (type === 'CopyStmt')
        expect(command).toEqual({
          kind: 'copy',
          direction: tree.filename !== undefined || tree.is_program ? 'server' : tree.is_from ? 'in' : 'out',
        })
      else if (type === 'DiscardStmt')
        expect(command).toEqual({ kind: 'discard', what: tree.target.slice(8).toLowerCase() })
      else throw new Error(`${type}: ${sql}`)
    }),
    runs,
  )
  expect(accepted).toBeGreaterThan(runs.numRuns / 50)
})

/** The reasons in a parse tree why a statement is no mere read, looking at all its nodes. */
function reasons(node: unknown, found: string[] = []): string[] {
  if (node === null || typeof node !== 'object') return found
  for (const [key, value] of Object.entries(node as Tree)) {
    if (key === 'FuncCall') {
      const parts: string[] = (value.funcname as Tree[]).map((part) => part.String.sval)
      const builtIn = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')
      if (!builtIn || !(readingFunctions.has(parts.at(-1)!) || value.funcformat === 'COERCE_SQL_SYNTAX'))
        found.push(parts.join('.'))
    }
    if (['intoClause', 'lockingClause', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(key))
      found.push(key)
    reasons(value, found)
  }
  return found
}

test('a read has no call, lock, target or writing part that the parser of Postgres would see', () => {
  const call = fc.constantFrom(
    'f(x)',
    'nextval(1)',
    's.lower(a)',
    '"Lower"(a)',
    'pg_catalog.set_config(a, b, c)',
    'U&"f"(x)',
    'U&"f" uescape \'!\' (x)',
    '"g"(1)',
    'over(1)',
    'by(1)',
    'filter(1)',
    'zone(1)',
    'system(1)',
    'operator(1)',
    'a.pg_catalog.lower(b)',
  )
  const plain = fc.constantFrom(
    'a',
    '1',
    "'s'",
    '$1',
    't.a',
    'lower(a)',
    '"lower"(a)',
    'pg_catalog.lower(a)',
    'coalesce(a, 1)',
    'a::varchar(3)',
    'cast(a as numeric(3,1))',
    '(1)',
    'row(1)',
    'array[1]',
    'now()',
    'count(*) over (partition by (a) order by (b))',
    'sum(a) filter (where b)',
    "timestamp(3) 'x'",
    'extract(year from a)',
    'exists (select 1)',
    'a in (1)',
    'not (a)',
    'a operator(pg_catalog.+) (b)',
  )
  const expression = fc.oneof({ weight: 30, arbitrary: plain }, { weight: 1, arbitrary: call })
  const combined = fc.oneof(
    { weight: 4, arbitrary: expression },
    fc
      .tuple(
        fc.constantFrom('+', 'and', 'operator(pg_catalog.+)', 'in', 'at time zone', '||', 'like'),
        expression,
        expression,
      )
      .map(([operator, a, b]) => `(${a}) ${operator} ${operator === 'in' ? `(${b})` : b}`),
  )
  const source = fc.oneof(
    fc.constantFrom(
      't',
      't as x(a)',
      'generate_series(1, 2) g(i)',
      'unnest($1) with ordinality u(a, b)',
      '(values (1)) v(a)',
      '(select 1) v',
      't tablesample system(1) repeatable (2)',
      'rows from (lower(a), upper(b)) as r(a)',
      'json_to_record(a) as r(a int, b varchar(3))',
      't group by (a)',
      't group by rollup(b)',
      't group by grouping sets ((a))',
    ),
    call,
    call.map((f) => `${f} as f(a int)`),
    call.map((f) => `t, ${f} f(a)`),
    call.map((f) => `${f} as (values int)`),
  )
  const head = fc.constantFrom(
    'select',
    'select',
    'select distinct',
    'select distinct on (a)',
    'explain select',
    'explain (costs off) select',
    '(select 1) union select',
    'with w(a, b) as (select 1) select',
    'with w as not materialized (select 1) select',
    'with w(a) as (values (1)) select',
    'with w as (insert into t values (1) returning a) select',
    'with recursive w(a) as materialized (table t) select',
  )
  const tail = fc.constantFrom(
    '',
    '',
    '',
    ' for update',
    ' for no key update of t',
    ' limit 1',
    ' order by a for share',
  )
  const into = fc.constantFrom('', '', '', '', '', ' into x')
  let reads = 0
  let missed = 0
  fc.assert(
    fc.property(
      head,
      fc.array(combined, { minLength: 1, maxLength: 3 }),
      into,
      source,
      tail,
      (start, list, target, from, end) => {
        const sql = `${start} ${list.join(', ')}${target} from ${from}${end}`
        const statement = parsed(sql)
        const { kind } = classify(sql)
        if (!statement) return
        const why = reasons(statement)
        if (kind === 'read') expect({ sql, why }).toEqual({ sql, why: [] })
        if (kind === 'read') reads++
        else if (why.length === 0) missed++
      },
    ),
    runs,
  )
  expect(reads).toBeGreaterThan(runs.numRuns / 20)
  expect(missed).toBeLessThan(reads / 20)
})

test('no garbage makes the classifier throw', () => {
  const start = fc.constantFrom(
    '',
    'begin ',
    'set ',
    'select ',
    'select set_config(',
    'copy ',
    'savepoint ',
    'explain (',
    'with ',
    'show ',
  )
  const piece = fc.oneof(
    fc.constantFrom(
      ...names,
      ...strings,
      '(',
      ')',
      ',',
      '.',
      'as',
      "E'\\",
      'U&"',
      '"',
      '$1',
      '::',
      'for',
      'set_config',
    ),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(
      start,
      fc.array(piece, { maxLength: 8 }),
      fc.boolean(),
      (head, pieces, standardConformingStrings) => {
        expect(typeof classify(head + pieces.join(' '), { standardConformingStrings }).kind).toBe('string')
      },
    ),
    runs,
  )
})

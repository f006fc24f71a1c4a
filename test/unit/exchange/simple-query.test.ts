import { readTag, BACKEND } from '../../../src/protocol/backend.ts'
import { FrameReader } from '../../../src/protocol/frames.ts'
import { readQuery } from '../../../src/protocol/frontend.ts'
import { placed } from '../../../src/exchange/error-places.ts'
import type { Exchange } from '../../../src/exchange/exchange.ts'
import { simpleQuery } from '../../../src/exchange/simple-query.ts'
import { applicationStatus } from '../../../src/transaction/state.ts'
import { analyze } from '../../../src/sql/analyze.ts'
import { CHECK, idle, inBlock, KNOWN, START } from '../transaction/followed-session.ts'

function exchange(sql: string, state = idle, retry = false): Exchange {
  return simpleQuery(sql, analyze(sql), state, { retry })
}

function wire({ messages }: Exchange): string[] {
  return messages.map(readQuery)
}

/** What the application is told: tags and warnings of the sandbox, and where the server's answers go. */
function told({ answers }: Exchange): string[] {
  return answers.flatMap(({ expect: expected, forward, bytes }) => {
    if (expected !== 'local') return forward ? `server's ${expected}` : `(${expected})`
    return new FrameReader().read(bytes ?? Buffer.alloc(0)).map(({ type, bytes: answer }) => {
      if (type === BACKEND.commandComplete) return readTag(answer)
      return type === BACKEND.notice ? 'warning' : 'error'
    })
  })
}

test('a read with nothing written goes as it is', () => {
  const read = exchange('select 1')
  expect(read.prefix).toEqual([])
  expect(wire(read)).toEqual(['select 1'])
  expect(read.bare).toBe(true)
})

test('a read that has turned out to write goes behind a guard', () => {
  const again = exchange('select f()', idle, true)
  expect(again.prefix).toEqual(START)
  expect(again.bare).toBe(false)
})

test('a write goes with everything in front of it, as it is written', () => {
  const write = exchange('insert into t values (1) -- x')
  expect(write.prefix).toEqual(START)
  expect(wire(write)).toEqual(['insert into t values (1) -- x'])
  expect(write.bare).toBe(false)
})

test('a string without transaction commands goes as one message, to be one implicit transaction', () => {
  const string = exchange('insert into t values (1); select 1;; insert into t values (2)')
  expect(wire(string)).toEqual(['insert into t values (1); select 1;; insert into t values (2)'])
  expect(told(string)).toEqual(["server's rest"])
})

test('BEGIN, COMMIT and ROLLBACK alone send nothing', () => {
  for (const [sql, state, tag] of [
    ['begin', idle, 'BEGIN'],
    ['commit', inBlock, 'COMMIT'],
    ['rollback', inBlock, 'ROLLBACK'],
    ['/* x */ BEGIN -- y', idle, 'BEGIN'],
  ] as const) {
    expect(wire(exchange(sql, state))).toEqual([])
    expect(told(exchange(sql, state))).toEqual([tag])
  }
})

test('COMMIT without a transaction is a warning and a tag', () => {
  expect(told(exchange('commit'))).toEqual(['warning', 'COMMIT'])
})

test('BEGIN; …; COMMIT is the statement behind the guard, with all the tags', () => {
  const string = exchange('begin; insert into t values (1); commit')
  expect(string.prefix).toEqual(START)
  expect(wire(string).map((sql) => sql.replace(/;$/, ''))).toEqual(['insert into t values (1)'])
  expect(told(string)).toEqual(['BEGIN', "server's statement", 'COMMIT'])
  expect(applicationStatus(string.answers.at(-1)!.state)).toBe('I')
})

test('a COMMIT in a string checks constraints before the guard is set anew', () => {
  const schema = { ...KNOWN, hasDeferrable: true }
  const string = exchange('insert into t values (1); commit; insert into t values (2)', { ...idle, schema })
  expect(wire(string).at(0)!.split(';').slice(1, 3)).toEqual([CHECK, 'RELEASE SAVEPOINT "pg-sandbox guard"'])
  const check = string.answers.find(({ failure }) => failure !== undefined)!
  expect(check).toMatchObject({ forward: false, failure: { aborted: true } })
  expect(applicationStatus(check.failure!)).toBe('I')
})

test('a COMMIT in the middle sets the guard anew inside the string', () => {
  const string = exchange('insert into t values (1); commit; insert into t values (2)')
  expect(wire(string).at(0)!.replace(/;$/, '').split(';')).toEqual([
    'insert into t values (1)',
    'RELEASE SAVEPOINT "pg-sandbox guard"',
    'SAVEPOINT "pg-sandbox guard"',
    'insert into t values (2)',
  ])
  expect(told(string)).toEqual([
    "server's statement",
    'warning',
    'COMMIT',
    '(statement)',
    '(statement)',
    "server's statement",
  ])
})

test('a ROLLBACK in the middle goes back to the guard inside the string', () => {
  const string = exchange('insert into t values (1); rollback; insert into t values (2)')
  expect(wire(string).at(0)!.replace(/;$/, '').split(';')).toEqual([
    'insert into t values (1)',
    'ROLLBACK TO SAVEPOINT "pg-sandbox guard"',
    'insert into t values (2)',
  ])
})

test('a string that ends inside a transaction leaves it open', () => {
  const string = exchange('begin; insert into t values (1)')
  expect(applicationStatus(string.answers.at(-1)!.state)).toBe('T')
})

test('SAVEPOINT outside a transaction is an error, and nothing is sent', () => {
  const string = exchange('savepoint s')
  expect(wire(string)).toEqual([])
  expect(told(string)).toEqual(['error'])
  expect(string.refused).toBe(true)
})

test('in front of other statements it fails on the server, which parses them and runs none', () => {
  const string = exchange('savepoint s; insert into t values (1)')
  expect(wire(string)[0]).toMatch(/"pg-sandbox refusal"; insert into t values \(1\)$/)
  expect(string.answers.at(-1)!.refusal).toMatchObject({ C: '25P01' })
})

test('SAVEPOINT behind a statement of the string fails on the server, so that the statement is undone', () => {
  const string = exchange('insert into t values (1); savepoint s; insert into t values (2)')
  const refused = string.answers.find(({ refusal }) => refusal !== undefined)!
  expect(refused.refusal).toMatchObject({ C: '25P01' })
  const index = string.answers.indexOf(refused)
  expect(placed(string, index, { C: '3B001', M: 'savepoint does not exist' })).toMatchObject({ C: '25P01' })
  expect(wire(string)[0]).toContain('"pg-sandbox refusal"')
})

test('statements of a block of the application are sent as they are, savepoints too', () => {
  const string = exchange('savepoint s; insert into t values (1); rollback to s', inBlock)
  expect(string.prefix).toEqual([])
  expect(wire(string).at(0)!.replace(/;$/, '')).toBe('savepoint s;insert into t values (1);rollback to s')
})

describe('the ending of a string outside a block', () => {
  const deferred = { ...idle, schema: { ...KNOWN, hasDeferrable: true } }

  test('checks constraints when it has written; an error of it undoes the string', () => {
    const { ending } = exchange('insert into t values (1)', deferred)
    expect(ending).toMatchObject({ sql: [CHECK], holdsCompletion: true, waits: false })
    expect(ending!.state).toMatchObject({ region: undefined, segments: [{ guard: 'dirty' }] })
    expect(ending!.failure).toMatchObject({ aborted: true, segments: [{ guard: 'undo' }] })
    expect(exchange('insert into t values (1)').ending!.sql).toEqual([])
  })

  test('waits for the rows of a COPY', () => {
    expect(exchange('copy t from stdin').ending!.waits).toBe(true)
    expect(exchange('copy t to stdout').ending!.waits).toBe(false)
  })

  test('of a mere read has nothing to send, and there is none inside a block', () => {
    expect(exchange('select 1', deferred).ending!.sql).toEqual([])
    expect(exchange('insert into t values (1)', inBlock)).not.toHaveProperty('ending')
    expect(exchange('begin; insert into t values (1)', deferred)).not.toHaveProperty('ending')
  })

  test('puts back what was SET LOCAL in it, drops its temporary tables and closes its cursors', () => {
    const sql =
      'create temp table t () on commit drop; declare c cursor for select 1; set local timezone to 1'
    const { sql: sent, state } = exchange(sql).ending!
    expect(sent.find((statement) => statement.includes('DROP TABLE'))).toContain('pg_temp."t"')
    expect(sent).toContain('CLOSE "c"')
    expect(sent.at(-1)).toBe('RESET timezone')
    expect(state.client.objects).toMatchObject({ cursors: [], tables: new Map() })
  })

  test.each(['select 1; listen a', 'listen a; select 1', 'listen a; listen b; unlisten b'])(
    'makes LISTEN hold, beside mere reads, too: %s',
    (sql) => {
      expect(exchange(sql).ending!.state.client.objects).toMatchObject({
        listening: new Set(['a']),
        listens: [],
      })
    },
  )

  test('has its notifications delivered', () => {
    const { outbox } = exchange("notify a, 'x'; notify a, 'x'; notify b").ending!.state
    expect(outbox.map(({ channel, payload }) => [channel, payload])).toEqual([
      ['a', 'x'],
      ['b', ''],
    ])
  })
})

test('SHOW of what the application has chosen is a row of the sandbox', () => {
  const { answers, messages } = exchange('begin read only; show transaction_read_only')
  expect(messages).toEqual([])
  const bytes = Buffer.concat(answers.slice(-2).map((answer) => answer.bytes ?? Buffer.alloc(0)))
  const shown = new FrameReader().read(bytes).map(({ type }) => type)
  expect(shown).toEqual([BACKEND.rowDescription, BACKEND.dataRow, BACKEND.commandComplete])
})

test('READ ONLY of BEGIN stands in front of the first statement that takes a snapshot', () => {
  const string = exchange('begin read only; savepoint s; select 1')
  expect(wire(string).at(0)!.split(';')).toEqual(['savepoint s', 'SET TRANSACTION READ ONLY', 'select 1'])
})

describe('positions of errors', () => {
  /** How many characters stand in front of the token: Postgres counts code points. */
  function characters(text: string, token: string): number {
    return text.slice(0, text.indexOf(token)).replaceAll(/[\s\S]/gu, 'x').length
  }

  function position(sql: string, token: string, state = idle): string | undefined {
    const rewritten = exchange(sql, state)
    const text = wire(rewritten).join()
    const at = characters(text, token) + 1
    return placed(rewritten, 0, { C: '42P01', P: String(at) })['P']
  }

  test.each([
    'begin; select nowhere; commit',
    "/* 😀 */ begin; select 'é😀', nowhere; commit",
    'insert into t values (1); commit;;  select nowhere',
    "select '😀'; begin; select 1; rollback; select 'ü', nowhere",
  ])('are those in the text that the application wrote: %s', (sql) => {
    expect(position(sql, 'nowhere')).toBe(String(characters(sql, 'nowhere') + 1))
  })

  test('in a text that is passed on are left as they are', () => {
    expect(placed(exchange('select 1; select nowhere'), 0, { C: '42P01', P: '18' })['P']).toBe('18')
  })

  test('are left out where the error is in a statement of ours', () => {
    const rewritten = exchange('insert into t values (1); commit; insert into t values (2)')
    const at = wire(rewritten).at(0)!.indexOf('RELEASE SAVEPOINT') + 5
    expect(placed(rewritten, 0, { C: '42P01', P: String(at) })).not.toHaveProperty('P')
  })
})

test('what a string has prepared is known when a statement behind it fails', () => {
  const { answers } = exchange('prepare p as select 1; select 1/0')
  expect(answers[0]?.before?.client.prepared.names).toEqual(['p'])
  expect(answers[0]?.before?.sqlStatements).toEqual(['p'])
})

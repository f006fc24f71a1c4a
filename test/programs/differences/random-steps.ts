import fc from 'fast-check'
import type { Protocol } from '../program.ts'
import type { Bound, Level, Statement, Step } from './program.ts'
import { BETWEEN, BOUND, BOUND_NOTIFY, PAGED } from './statements/bound.ts'
import type { Template } from './statements/groups.ts'
import { isIn, type Subject } from './statements/index.ts'

/** Before the clients are counted: from 0 to 11, which every number of clients divides. */
const someone = fc.nat({ max: 11 })

const protocol: fc.Arbitrary<Protocol> = fc.constantFrom('simple', 'simple', 'simple', 'extended', 'prepared')

const bound: fc.Arbitrary<Bound> = fc
  .tuple(
    someone,
    isIn('notify') ? fc.oneof({ weight: 16, arbitrary: BOUND }, BOUND_NOTIFY) : BOUND,
    fc.constantFrom('extended' as const, 'prepared' as const),
  )
  .map(([number, { sql, values }, sent]) => ({ kind: 'bound', client: number, sql, values, protocol: sent }))

function statement(sql: fc.Arbitrary<Template>): fc.Arbitrary<Statement> {
  return fc.record({ kind: fc.constant('statement' as const), client: someone, sql, protocol })
}

/** Several statements in one string. No array has a least length, since fast-check could not shrink it to its first item. */
function string(sql: fc.Arbitrary<Template>): fc.Arbitrary<Statement> {
  const separator = fc.constantFrom('; ', '; ', '; ', ';\n', ' ; ', ';; ', '; /* ; */ ', '; -- ;\n')
  const text = fc
    .tuple(fc.array(sql, { maxLength: 5, size: 'max' }), separator, fc.constantFrom('', '', ';'))
    .map(([parts, between, last]) => parts.join(between) + last)
  const sent = fc.constantFrom<Protocol[]>(
    'simple',
    'simple',
    'simple',
    'simple',
    'simple',
    'simple',
    'extended',
  )
  return fc.record({ kind: fc.constant('statement' as const), client: someone, sql: text, protocol: sent })
}

function pipeline(sql: fc.Arbitrary<Template>): fc.Arbitrary<Step> {
  const units = fc.array(fc.oneof({ weight: 3, arbitrary: statement(sql) }, bound), {
    maxLength: 4,
    size: 'max',
  })
  return fc.record({ kind: fc.constant('pipeline' as const), client: someone, units })
}

const pages: fc.Arbitrary<Step> = fc
  .record({
    kind: fc.constant('pages' as const),
    client: someone,
    sql: PAGED,
    size: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 3 }),
    between: isIn('between') ? fc.option(statement(BETWEEN)) : fc.constant<Statement | null>(null),
  })
  .map(({ size, count, ...step }) => ({ ...step, reads: Array.from({ length: count }, () => size) }))

const end: fc.Arbitrary<Step> = someone.map((number) => ({ kind: 'end', client: number }))

/** Noise; a level in a level now and then. */
function level(sql: fc.Arbitrary<Template>): fc.Arbitrary<Level> {
  const noise: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: statement(sql) },
    { weight: 2, arbitrary: string(sql) },
    bound,
    pipeline(sql),
  )
  const inner = fc.array(noise, { maxLength: 3 }).map((steps): Step => ({ kind: 'level', steps }))
  const steps = fc.array(fc.oneof({ weight: 9, arbitrary: noise }, inner), {
    maxLength: 6,
  })
  return steps.map((chosen) => ({ kind: 'level', steps: chosen }))
}

/**
 * What one client does in a row, mostly a whole transaction: statements at random seldom open one and do something in it.
 * Its ends may be missing, and are when it is shrunk.
 */
function block({ body, begin, end: ending }: Subject): fc.Arbitrary<Step[]> {
  const one = fc.oneof({ weight: 6, arbitrary: statement(body).map((made): Step[] => [made]) }, nested(body))
  const parts = fc.array(one, { maxLength: 4, size: 'max' }).map((made) => made.flat())
  return fc
    .tuple(
      someone,
      fc.option(statement(begin), { freq: 12 }),
      parts,
      fc.option(statement(ending), { freq: 6 }),
    )
    .map(([client, first, middle, last]) =>
      [first, ...middle, last].flatMap((step): Step[] =>
        step === null ? [] : [{ ...step, client } as Step],
      ),
    )
}

/** A savepoint, something after it, and its release or the way back to it. */
function nested(body: fc.Arbitrary<Template>): fc.Arbitrary<Step[]> {
  const name = fc.constantFrom('a', 'b')
  return fc
    .tuple(
      name,
      fc.array(statement(body), { maxLength: 2, size: 'max' }),
      fc.constantFrom('release ', 'rollback to '),
    )
    .map(([savepoint, steps, ending]) => [
      command(`savepoint ${savepoint}`),
      ...steps,
      command(ending + savepoint),
    ])
}

function command(sql: string): Statement {
  return { kind: 'statement', client: 0, sql, protocol: 'simple' }
}

/** The steps of a program about something, before the clients are counted. */
export function stepsAbout(subject: Subject): fc.Arbitrary<Step[]> {
  const { sql } = subject
  const alone: { name: string; weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
    { name: 'statements', weight: 44, arbitrary: statement(sql) },
    { name: 'strings', weight: 14, arbitrary: string(sql) },
    { name: 'bound', weight: 6, arbitrary: bound },
    { name: 'pipeline', weight: 3, arbitrary: pipeline(sql) },
    { name: 'pages', weight: 2, arbitrary: pages },
    { name: 'end', weight: 2, arbitrary: end },
    { name: 'level', weight: 3, arbitrary: level(sql) },
  ]
  const kinds = alone
    .filter(({ name }) => isIn(name))
    .map(({ weight, arbitrary }) => ({ weight, arbitrary: arbitrary.map((step) => [step]) }))
  return fc
    .array(fc.oneof(...kinds, { weight: 14, arbitrary: block(subject) }), { maxLength: 10, size: 'max' })
    .map((parts) => parts.flat().slice(0, 16))
}

/** Random programs. */
import fc from 'fast-check'
import type { Statement } from '../program.ts'
import type { ActorPlan, Program, Step } from './program.ts'
import { rows, sql } from './statements.ts'

const query: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('statement' as const),
  sql,
  protocol: fc.constantFrom('simple' as const, 'simple' as const, 'extended' as const, 'prepared' as const),
})

const simpleStatement = (text: string): Statement => ({ kind: 'statement', sql: text, protocol: 'simple' })

const mark: fc.Arbitrary<Step> = fc.constant({ kind: 'mark' })

const stream: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('pages' as const),
    sql: rows,
    reads: fc.array(fc.constantFrom(1, 5, 1000), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('copyIn' as const),
    rows: fc.constantFrom(0, 3, 2000),
    end: fc.constantFrom('end' as const, 'end' as const, 'destroy' as const),
  }),
  fc.record({ kind: fc.constant('copyOut' as const), sql: rows }),
)

const simpleStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: query },
  { weight: 4, arbitrary: mark },
  { weight: 2, arbitrary: stream },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pipeline' as const),
      units: fc.array(sql, { minLength: 2, maxLength: 5 }).map((texts) => texts.map(simpleStatement)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pause' as const),
      milliseconds: fc.integer({ min: 0, max: 15 }),
    }),
  },
)

const steps = (step: fc.Arbitrary<Step>, maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: 1, maxLength })

const transaction: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('transaction' as const),
  steps: steps(simpleStep, 4),
  end: fc.constantFrom('commit' as const, 'commit' as const, 'rollback' as const, 'none' as const),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: simpleStep },
  { weight: 4, arbitrary: transaction },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('begin' as const, 'commit' as const, 'rollback' as const) }),
  },
)

const level: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('level' as const), steps: steps(step, 3) })

/** Levels are the business of the first actor alone, so that each undoes its own. */
const actor = (index: number): fc.Arbitrary<ActorPlan> =>
  fc.record({
    through: fc.constantFrom(
      'client' as const,
      'pooled' as const,
      'pooled' as const,
      'pool' as const,
      'before' as const,
      'pipelined' as const,
    ),
    scope:
      index === 0
        ? fc.constant('main' as const)
        : fc.constantFrom('main' as const, 'main' as const, 'parallel' as const),
    steps: steps(
      index === 0 ? fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: level }) : step,
      6,
    ),
  })

export const program: fc.Arbitrary<Program> = fc.record({
  database: fc.constantFrom('plain' as const, 'functions' as const),
  fileWrites: fc.nat(4).map((n) => n === 0),
  actors: fc
    .constantFrom(1, 1, 2, 2, 3, 4)
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => actor(index)))),
})

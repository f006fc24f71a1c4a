/** Random cases, the same for the same seed. */
import fc from 'fast-check'
import type { BareKind, Case, Delay, Fault, FaultAction, FaultKind, Moment } from './program.ts'
import { program } from './random-program.ts'

const delay: fc.Arbitrary<Delay> = fc.oneof(
  fc.constant('before' as const),
  fc.constant(0),
  fc.integer({ min: 1, max: 30 }),
)

const inStep: fc.Arbitrary<Moment> = fc.record({
  at: fc.constant('step' as const),
  actor: fc.nat(3),
  step: fc.nat(5),
  delay,
})

const anywhere: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 8, arbitrary: inStep },
  {
    weight: 2,
    arbitrary: fc.record({ at: fc.constantFrom('rollback' as const, 'close' as const), delay }),
  },
)

const bytes = fc.oneof(fc.nat(20), fc.nat(300), fc.nat(3000))
const manner = fc.constantFrom(
  'end' as const,
  'reset' as const,
  'end' as const,
  'reset' as const,
  'stall' as const,
)
const times = fc.integer({ min: 1, max: 3 })
const milliseconds = fc.constantFrom(1, 2, 5, 15)

interface Choice {
  /** How often it comes: a restart takes its time. */
  readonly weight: number
  readonly action: fc.Arbitrary<FaultAction>
  readonly when: fc.Arbitrary<Moment>
}

const of = (
  weight: number,
  action: fc.Arbitrary<FaultAction>,
  when: fc.Arbitrary<Moment> = anywhere,
): Choice => ({ weight, action, when })

const bare = (kind: BareKind): fc.Arbitrary<FaultAction> => fc.constant({ kind })

const CHOICES: Readonly<Record<FaultKind, Choice>> = {
  none: of(20, bare('none')),
  terminate: of(
    150,
    fc.record({
      kind: fc.constant('terminate' as const),
      which: fc.constantFrom('one' as const, 'all' as const),
    }),
  ),
  cutFromClient: of(150, fc.record({ kind: fc.constant('cutFromClient' as const), bytes, manner })),
  cutFromServer: of(200, fc.record({ kind: fc.constant('cutFromServer' as const), bytes, manner })),
  refused: of(60, fc.record({ kind: fc.constant('refused' as const), times })),
  restartFast: of(8, bare('restartFast')),
  restartImmediate: of(8, bare('restartImmediate')),
  cancelFromOutside: of(100, fc.record({ kind: fc.constant('cancelFromOutside' as const), times })),
  cancelByClient: of(80, fc.record({ kind: fc.constant('cancelByClient' as const), times })),
  poolEnd: of(50, bare('poolEnd'), inStep),
  clientDestroyed: of(70, bare('clientDestroyed')),
  clientEnded: of(60, bare('clientEnded')),
  dropped: of(
    40,
    fc.record({ kind: fc.constant('dropped' as const), open: fc.boolean(), busy: fc.boolean() }),
    inStep,
  ),
  statementTimeout: of(
    60,
    fc.record({ kind: fc.constant('statementTimeout' as const), milliseconds }),
    inStep,
  ),
  queryTimeout: of(40, fc.record({ kind: fc.constant('queryTimeout' as const), milliseconds }), inStep),
  rollbackMidway: of(60, bare('rollbackMidway'), inStep),
  closeMidway: of(40, bare('closeMidway'), inStep),
}

export const FAULT_KINDS: readonly FaultKind[] = Object.keys(CHOICES) as FaultKind[]

const faultOf = ({ action, when }: Choice): fc.Arbitrary<Fault> => fc.record({ when, action })

const anyFault = fc.oneof(
  ...Object.values(CHOICES).map((choice) => ({ weight: choice.weight, arbitrary: faultOf(choice) })),
)

/**
 * The case with this number. Now and then two things go wrong.
 *
 * @param kind of its first fault; random when left out
 */
export function caseNumber(seed: number, index: number, kind?: FaultKind): Case {
  const first = kind === undefined ? anyFault : faultOf(CHOICES[kind])
  const faults = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(first) },
    { weight: 1, arbitrary: fc.tuple(first, anyFault) },
  )
  const [sampled] = fc.sample(fc.record({ program, faults }), {
    numRuns: 1,
    seed: (Math.imul(seed, 1_000_003) + index) | 0,
  })
  if (sampled === undefined) throw new Error('fast-check has given no sample')
  return {
    ...sampled,
    faults: sampled.faults.map((fault) => withoutTransactionOfFile(fault, sampled.faults)),
  }
}

/** A transaction that is opened when the test's level is gone is one of the file's level, and stays for the next test. */
function withoutTransactionOfFile(fault: Fault, all: readonly Fault[]): Fault {
  const { action, when } = fault
  return action.kind === 'dropped' && all.some((other) => other.action.kind === 'rollbackMidway')
    ? { when, action: { ...action, open: false } }
    : fault
}

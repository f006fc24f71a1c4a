/** Smaller cases that still fail: most of a random program has nothing to do with what it has found. */

export type Shrinking<Case> = {
  /** Cases that are smaller than this one by one thing, those first that leave out most. */
  smaller(found: Case): Iterable<Case>
  /** How many are tried at once. */
  readonly batch: number
  /** The first of these that fails as the one that was found. */
  firstFailing(candidates: readonly Case[]): Promise<Case | undefined>
  /** Is told of each smaller one that was found. */
  found?(smaller: Case): void
  /** How many cases are tried at most. */
  readonly tries?: number
}

/** Tries smaller cases until none of them fails any more. */
export async function shrink<Case>(found: Case, shrinking: Shrinking<Case>): Promise<Case> {
  const { tries = Infinity } = shrinking
  const seen = new Set<string>()
  let best = found
  for (;;) {
    const candidates = unseen(shrinking.smaller(best), seen)
    const next = await firstFailing(candidates.slice(0, tries - seen.size), seen, shrinking)
    if (next === undefined) return best
    best = next
    shrinking.found?.(best)
  }
}

/** Each once, and none that was tried before. */
function unseen<Case>(candidates: Iterable<Case>, seen: ReadonlySet<string>): Case[] {
  const byText = new Map([...candidates].map((candidate) => [JSON.stringify(candidate), candidate]))
  return [...byText].flatMap(([text, candidate]) => (seen.has(text) ? [] : [candidate]))
}

async function firstFailing<Case>(
  candidates: readonly Case[],
  seen: Set<string>,
  shrinking: Shrinking<Case>,
): Promise<Case | undefined> {
  for (let start = 0; start < candidates.length; start += shrinking.batch) {
    const batch = candidates.slice(start, start + shrinking.batch)
    for (const smaller of batch) seen.add(JSON.stringify(smaller))
    const failing = await shrinking.firstFailing(batch)
    if (failing !== undefined) return failing
  }
  return undefined
}

/** What a step of either kind of program may hold. */
type AnyStep = {
  readonly kind: string
  readonly sql?: string
  readonly steps?: readonly AnyStep[]
  readonly units?: readonly unknown[]
  readonly reads?: readonly number[]
}

/** The steps without one of them, without one of the steps, units, reads or statements inside it, or without its shell. */
export function* smallerSteps<Step extends AnyStep>(steps: readonly Step[]): Generator<readonly Step[]> {
  for (const [index, step] of steps.entries()) {
    yield steps.toSpliced(index, 1)
    const inner = step.steps as readonly Step[] | undefined
    // The clients inside a level are not those around it.
    if (inner?.some((each) => 'client' in each) === false) yield steps.toSpliced(index, 1, ...inner)
    for (const smaller of smallerStep(step)) yield steps.with(index, smaller)
  }
}

function* smallerStep<Step extends AnyStep>(step: Step): Generator<Step> {
  const { reads = [], steps = [], units = [] } = step
  for (const smaller of smallerSteps(steps)) yield { ...step, steps: smaller }
  if (units.length > 1) for (const smaller of withoutOne(units)) yield { ...step, units: smaller }
  if (reads.length > 1) for (const smaller of withoutOne(reads)) yield { ...step, reads: smaller }
  const parts = step.kind === 'statement' ? (step.sql?.split('; ') ?? []) : []
  if (parts.length > 1) for (const smaller of withoutOne(parts)) yield { ...step, sql: smaller.join('; ') }
}

function* withoutOne<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (const index of items.keys()) yield items.toSpliced(index, 1)
}

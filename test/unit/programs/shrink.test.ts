import { shrink, smallerSteps } from '../../programs/shrink.ts'

type Step = {
  readonly kind: string
  readonly sql?: string
  readonly steps?: readonly Step[]
  readonly reads?: number[]
}

const sql = (text: string): Step => ({ kind: 'statement', sql: text })

/** The smallest steps whose JSON holds all of these texts. */
async function smallest(steps: readonly Step[], ...needed: string[]): Promise<readonly Step[]> {
  const fails = (candidate: readonly Step[]): boolean =>
    needed.every((text) => JSON.stringify(candidate).includes(text))
  return shrink(steps, {
    smaller: smallerSteps,
    batch: 2,
    firstFailing: async (candidates) => candidates.find(fails),
  })
}

test('steps that the failure does not need are left out', async () => {
  const steps = [sql('begin'), sql('select 1'), sql('insert'), sql('commit')]
  expect(await smallest(steps, 'insert', 'commit')).toEqual([sql('insert'), sql('commit')])
})

test('steps inside a step are left out, then the step around them', async () => {
  const steps = [{ kind: 'transaction', steps: [sql('select 1'), sql('insert'), sql('select 2')] }]
  expect(await smallest(steps, 'transaction', 'insert')).toEqual([
    { kind: 'transaction', steps: [sql('insert')] },
  ])
  expect(await smallest(steps, 'insert')).toEqual([sql('insert')])
})

test('a level whose steps belong to clients of its own is not taken away from around them', () => {
  const inside = [{ kind: 'statement', client: 11, sql: 'select 1' }]
  expect([...smallerSteps([{ kind: 'level', steps: inside }])]).toEqual([[], [{ kind: 'level', steps: [] }]])
})

test('statements of a string and reads of a cursor are left out', async () => {
  const steps = [sql('begin; insert; commit'), { kind: 'pages', sql: 'table notes', reads: [1, 2, 3] }]
  expect(await smallest(steps, 'insert', '2')).toEqual([
    sql('insert'),
    { kind: 'pages', sql: 'table notes', reads: [2] },
  ])
})

test('no case is tried twice, nor more of them than are allowed', async () => {
  const tried: string[] = []
  const shrunk = await shrink<readonly Step[]>([sql('a'), sql('a'), sql('b'), sql('c')], {
    smaller: smallerSteps,
    batch: 1,
    firstFailing: async ([candidate]) => {
      tried.push(JSON.stringify(candidate))
      return undefined
    },
    tries: 2,
  })
  expect(shrunk).toHaveLength(4)
  expect(tried).toHaveLength(2)
  expect(new Set(tried).size).toBe(2)
})

import { Patience } from '../../programs/patience.ts'

const patience = new Patience(20)
afterAll(() => patience.end())

test('a promise that settles in time gives what it gives', async () => {
  await expect(patience.for(Promise.resolve(1), () => 'one')).resolves.toBe(1)
  await expect(patience.for(Promise.reject(new Error('as it is')), () => 'one')).rejects.toThrow('as it is')
})

test('each that is pending for too long is told by its name', async () => {
  const never = new Promise(() => {})
  const waits = ['one', 'other'].map((name) => patience.for(never, () => name))
  const outcomes = await Promise.allSettled(waits)
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason))).toEqual([
    'Error: one has not settled within 20 ms',
    'Error: other has not settled within 20 ms',
  ])
})

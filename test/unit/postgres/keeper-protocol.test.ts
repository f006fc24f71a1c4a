import { SandboxError } from '../../../src/errors.ts'
import { failureAnswer } from '../../../src/postgres/keeper-protocol.ts'

test('an error of the sandbox keeps its code on the way', () => {
  const error = new SandboxError('PG_SANDBOX_NO_POSTGRES', 'There is none.')
  expect(failureAnswer(error)).toEqual({
    kind: 'failed',
    code: 'PG_SANDBOX_NO_POSTGRES',
    message: 'There is none.',
  })
})

test('any other has its text alone', () => {
  expect(failureAnswer(new Error('ENOSPC'))).toEqual({ kind: 'failed', code: undefined, message: 'ENOSPC' })
})

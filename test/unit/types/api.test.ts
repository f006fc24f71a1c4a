import { expectTypeOf } from 'expect-type'
import {
  SandboxError,
  type SandboxOptions,
  type TestDatabaseOptions,
  testTransaction,
  useTestDatabase,
} from '../../../src/index.ts'

type Hook = () => Promise<void>

test('hooks take no parameters, so that no runner takes them for callback-style ones, and give nothing', () => {
  expectTypeOf(testTransaction.start).toEqualTypeOf<Hook>()
  expectTypeOf(testTransaction.rollback).toEqualTypeOf<Hook>()
  expectTypeOf(testTransaction.close).toEqualTypeOf<Hook>()
  expectTypeOf(testTransaction.patch).toEqualTypeOf<(pg?: unknown) => Promise<void>>()
  expectTypeOf(testTransaction.unpatch).toEqualTypeOf<Hook>()
  expectTypeOf(useTestDatabase).toEqualTypeOf<(options?: TestDatabaseOptions) => void>()
  for (const hook of [testTransaction.start, testTransaction.rollback, testTransaction.close]) {
    expect(hook).toHaveLength(0)
  }
})

test('parallel gives what its function gives', () => {
  expectTypeOf(testTransaction.parallel<number>).returns.resolves.toEqualTypeOf<number>()
  expectTypeOf(testTransaction.parallel).parameter(0).toBeFunction()
  expect(testTransaction.parallel).toHaveLength(1)
})

test('options may be given one by one, and errors have a code', () => {
  expectTypeOf(testTransaction.configure).parameter(0).toEqualTypeOf<Partial<SandboxOptions>>()
  expectTypeOf<SandboxError['code']>().toExtend<`PG_SANDBOX_${string}`>()
  expect(() => testTransaction.configure({ outsideQueryTimeout: 0 })).toThrow(SandboxError)
})

import type { TestContext } from 'node:test'
import { expectTypeOf } from 'expect-type'
import { isolated, type IsolatedBody } from '../../../src/index.ts'

test('a body keeps its parameters and its result', () => {
  const plain = isolated(async () => 1)
  expectTypeOf(plain).returns.resolves.toEqualTypeOf<number>()
  expectTypeOf(plain).parameters.toEqualTypeOf<[]>()
  const rows = isolated({ seed: () => {} }, (email: string, count: number) => `${email}${count}`)
  expectTypeOf(rows).parameters.toEqualTypeOf<[string, number]>()
  expectTypeOf(rows).returns.resolves.toEqualTypeOf<string>()
  expectTypeOf(isolated<unknown, [TestContext], void>).returns.toEqualTypeOf<
    IsolatedBody<unknown, [TestContext], void>
  >()
})

test('a body finds its parameters from where it stands', () => {
  const each = (_name: string, body: (t: TestContext, done: (result?: unknown) => void) => unknown) => body
  each(
    'node:test',
    isolated(async (t) => expectTypeOf(t).toEqualTypeOf<TestContext>()),
  )
  each(
    'seeded',
    isolated({ seed: async () => 1 }, (t) => expectTypeOf(t.name).toEqualTypeOf<string>()),
  )
  const fixtures = (body: (given: { thing: number }) => unknown) => body
  fixtures(isolated(({ thing }) => expectTypeOf(thing).toEqualTypeOf<number>()))
})

test('the runner sees no parameters, and the text of the body', () => {
  const body = async ({ thing }: { thing: number }) => thing
  expect(isolated(body)).toHaveLength(0)
  expect(String(isolated(body))).toBe(String(body))
})

test('what is not a function is refused at once', () => {
  expect(() => isolated(undefined as never)).toThrow(
    'isolated takes a test body: isolated(async () => { … })',
  )
  expect(() => isolated({ seed: () => {} }, undefined as never)).toThrow(TypeError)
})

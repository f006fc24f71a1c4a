/** What this package uses of Vitest, which its users bring along. */
declare module 'vitest' {
  type Register = (hook: () => Promise<void>) => void
  export const beforeAll: Register
  export const beforeEach: Register
  export const afterEach: Register
  export const afterAll: Register
  /** Since Vitest 4.1. */
  export const aroundEach: ((hook: (runTest: () => Promise<void>) => Promise<void>) => void) | undefined
}

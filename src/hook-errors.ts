/**
 * What useTestDatabase and isolated refuse, one factory per error, as in errors.ts.
 *
 * hooks, isolated and the entries of runners/ throw them at the call. Without them hooks that never run would be registered
 * without a word, and what the tests write would be committed.
 */
import { SandboxError } from './errors.ts'

export function noHooks(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_HOOKS',
    'useTestDatabase() found no global beforeAll, beforeEach, afterEach and afterAll.\n\n' +
      'The runner does not define global hooks: node:test never does, Vitest and Jest when told not to.\n\n' +
      "Import it from your runner's entry: import { useTestDatabase } from 'pg-sandbox/node-test', " +
      "'pg-sandbox/vitest' or 'pg-sandbox/jest'.",
  )
}

type Entry = 'jest' | 'vitest' | 'node-test'

/** @param present the entry of the runner that runs, where it is known */
export function otherRunner(entry: Entry, present?: Entry): SandboxError {
  const remedy =
    present === undefined
      ? "Import it from the entry of the runner that runs the file: 'pg-sandbox/jest', 'pg-sandbox/vitest' or 'pg-sandbox/node-test'."
      : `Write import { useTestDatabase } from 'pg-sandbox/${present}'.`
  return new SandboxError(
    'PG_SANDBOX_NO_HOOKS',
    `useTestDatabase() of pg-sandbox/${entry} was called outside its runner.\n\n` +
      'The hooks of one runner do not run in another, so nothing would be rolled back. Usually the import comes from a file ' +
      'for another runner.\n\n' +
      remedy,
  )
}

export function hooksInTest(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_HOOKS',
    'useTestDatabase() was called in a test, and hooks cannot be defined inside tests.\n\n' +
      'It registers beforeAll, beforeEach, afterEach and afterAll. For a test that runs these come too late, so nothing would ' +
      'be rolled back.\n\n' +
      'Call it at the top of the file or of a describe block, or in a set-up file. For one test alone: call ' +
      'testTransaction.start() where it begins and testTransaction.rollback() where it ends.',
  )
}

export function noAroundEach(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_HOOKS',
    'useTestDatabase({ concurrent: true }) found no aroundEach.\n\n' +
      'The hook gives each test a scope of its own. Vitest has it since 4.1; Jest and node:test have none.\n\n' +
      "Wrap the body of each such test instead: test.concurrent('…', isolated(async () => { … })).",
  )
}

export function doneCallback(declared: number, given: number): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_DONE_CALLBACK',
    `A body given to isolated() takes more parameters than the runner gives to it: ${declared}, not ${given}.\n\n` +
      'Usually the last one is a done callback. isolated() rolls back when the promise of the body settles, so it has ' +
      'to know the end by that.\n\n' +
      'Write the body as an async function, or return a promise.',
  )
}

export function invalidSeed(given: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_INVALID_OPTION',
    `seed was given ${String(given)}.\n\n` +
      'The option takes a function, which makes the rows that a test begins with.\n\n' +
      "Write seed: () => signUp('ada@example.com') with such a function, or leave it out.",
  )
}

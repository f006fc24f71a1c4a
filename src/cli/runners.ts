/** Which test runners a project has, by its dependencies and scripts. */

export type RunnerId = 'jest' | 'vitest' | 'node-test' | 'mocha' | 'playwright' | 'bun' | 'japa'

export interface Runner {
  readonly id: RunnerId
  readonly name: string
  /** What starts it when no script of the project does. */
  readonly command: string
  /** Packages that only come with it. */
  readonly packages: readonly string[]
  /** How a script calls it. */
  readonly script: RegExp
}

/** Ends of a command are no part of it: `build && vitest`. */
const WORD = String.raw`(?:^|[\s/;&|"'])`

export const RUNNERS: readonly Runner[] = [
  {
    id: 'jest',
    name: 'Jest',
    command: 'npx jest',
    packages: ['jest', 'jest-cli', 'ts-jest', '@swc/jest'],
    script: new RegExp(String.raw`${WORD}jest(?:\.js)?(?:\s|["';]|$)`),
  },
  {
    id: 'vitest',
    name: 'Vitest',
    command: 'npx vitest run',
    packages: ['vitest'],
    script: new RegExp(String.raw`${WORD}vitest(?:\.mjs)?(?:\s|["';]|$)`),
  },
  {
    id: 'node-test',
    name: 'node:test',
    command: 'node --test',
    packages: [],
    script: new RegExp(String.raw`${WORD}(?:node|tsx)\b[^;&|]*\s--test(?:[\s="']|$)`),
  },
  {
    id: 'mocha',
    name: 'Mocha',
    command: 'npx mocha',
    packages: ['mocha'],
    script: new RegExp(String.raw`${WORD}mocha(?:\s|["';]|$)`),
  },
  {
    id: 'playwright',
    name: 'Playwright',
    command: 'npx playwright test',
    packages: ['@playwright/test'],
    script: /\bplaywright test\b/,
  },
  {
    id: 'bun',
    name: 'Bun',
    command: 'bun test',
    packages: ['bun', '@types/bun', 'bun-types'],
    script: /\bbun test\b/,
  },
  {
    id: 'japa',
    name: 'Japa',
    command: 'node bin/test.js',
    packages: ['@japa/runner'],
    script: /\bnode ace test\b/,
  },
]

/** Those that init writes files for; for the others the README has a recipe. */
export const SUPPORTED: readonly RunnerId[] = ['jest', 'vitest', 'node-test']

export function runnersAmong(
  dependencies: ReadonlySet<string>,
  scripts: readonly string[],
): readonly Runner[] {
  return RUNNERS.filter(
    ({ packages, script }) =>
      packages.some((name) => dependencies.has(name)) || scripts.some((text) => script.test(text)),
  )
}

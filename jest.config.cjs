const transform = {
  '^.+\\.m?ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
  ],
}

// PG_SANDBOX_TEST_PG=8.11 runs the tests on the oldest version of pg that the package supports.
const oldPg = process.env.PG_SANDBOX_TEST_PG
const moduleNameMapper = oldPg ? { '^pg$': `pg-${oldPg}`, '^pg/(.*)$': `pg-${oldPg}/$1` } : {}

const shared = { testEnvironment: 'node', transform, moduleNameMapper, rootDir: __dirname }

/** @type {import('jest').Config} */
module.exports = {
  maxWorkers: '100%',
  // Milliseconds, against hanging alone: a busy machine takes five times as long as an idle one.
  testTimeout: 20_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/unit/**/*.test.ts', '<rootDir>/test/properties/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/test/{compliance,integration,programs,third-party,regressions,readme,support}/**/*.test.ts',
      ],
      globalSetup: '<rootDir>/test/support/global-setup.cjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.cjs',
    },
  ],
}

const { projects } = require('./jest.config.cjs')

/** @type {import('jest').Config} The packed package, installed in new folders; see test/package/. */
module.exports = {
  ...projects[1],
  displayName: 'package',
  testMatch: ['<rootDir>/test/package/*.test.ts'],
  globalSetup: '<rootDir>/test/package/global-setup.cjs',
  globalTeardown: '<rootDir>/test/package/global-teardown.cjs',
  testTimeout: 120_000,
  maxWorkers: 2,
}

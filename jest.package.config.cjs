const { projects } = require('./jest.config.cjs')

/** @type {import('jest').Config} The packed package, installed in new folders; see test/package/. */
module.exports = {
  ...projects[1],
  displayName: 'package',
  testMatch: ['<rootDir>/test/package/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
}

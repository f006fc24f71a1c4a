module.exports = {
  globalSetup: '<rootDir>/global-setup.cjs',
  setupFiles: ['pg-sandbox/workers/setup'],
  testMatch: ['**/*.jest.cjs'],
}

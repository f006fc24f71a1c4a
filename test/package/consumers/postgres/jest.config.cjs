module.exports = {
  globalSetup: 'pg-sandbox/postgres/global-setup',
  testMatch: ['**/*.jest.cjs'],
}

export default {
  test: { globalSetup: 'pg-sandbox/postgres/global-setup', include: ['*.vitest.mjs'] },
}

export default {
  test: {
    globalSetup: './vitest-global-setup.mjs',
    setupFiles: ['pg-sandbox/workers/setup'],
    include: ['*.vitest.mjs'],
  },
}

// The first test waits for the templates, also on a machine that is busy.
export default { test: { include: ['databases/*.vitest.mjs'], testTimeout: 60_000 } }

export default { test: { include: ['databases/*.vitest.mjs'] } }

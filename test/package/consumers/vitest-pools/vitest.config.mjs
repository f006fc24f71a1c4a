export default { test: { setupFiles: ['./hooks.setup.mjs'] } }

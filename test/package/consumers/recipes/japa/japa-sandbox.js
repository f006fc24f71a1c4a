// japa-sandbox.js
import { testTransaction } from 'pg-sandbox'

async function level() {
  await testTransaction.start()
  return testTransaction.rollback
}

export function pgSandbox({ runner }) {
  runner.onSuite((suite) => {
    suite.setup(testTransaction.start)
    suite.teardown(testTransaction.close)
    suite.onTest((test) => test.setup(level))
    suite.onGroup((group) => group.setup(level).each.setup(level))
  })
}

// Each test loads the application anew, and with it another copy of pg.
const { cases } = require('../cases.cjs')

beforeEach(() => {
  jest.resetModules()
})

const withAnother = (name) => async () => {
  const app = cases(require('pg').Pool)
  await app[name]()
  await app.end()
}
test('writes', withAnother('writes'))
test('is empty', withAnother('isEmpty'))
test('another copy of pg-sandbox has the same sandbox', async () => {
  const { testTransaction } = require('pg-sandbox')
  const { takeKey, seesKey, isEmpty, end } = cases(require('pg').Pool)
  await takeKey()
  await testTransaction.start()
  await seesKey()
  await testTransaction.parallel(isEmpty)
  await testTransaction.rollback()
  await seesKey()
  await end()
})
test('is empty again', withAnother('isEmpty'))

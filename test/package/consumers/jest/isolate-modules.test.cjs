// Each test loads the application for itself, and with it another copy of pg.
const { cases } = require('../cases.cjs')

const isolated = (name) => async () => {
  let app
  jest.isolateModules(() => {
    app = cases(require('pg').Pool)
  })
  await app[name]()
  await app.end()
}
const isolatedAsync = (name) => async () => {
  let app
  await jest.isolateModulesAsync(async () => {
    app = cases(require('pg').Pool)
  })
  await app[name]()
  await app.end()
}
test('isolateModules: writes', isolated('writes'))
test('isolateModules: is empty', isolated('isEmpty'))
test('isolateModulesAsync: writes', isolatedAsync('writes'))
test('isolateModulesAsync: is empty', isolatedAsync('isEmpty'))

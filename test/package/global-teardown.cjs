'use strict'

const stopServer = require('../support/global-teardown.cjs')

module.exports = async function globalTeardown() {
  await Reflect.get(globalThis, '__pgSandboxRemoveInstalled')?.()
  await stopServer()
}

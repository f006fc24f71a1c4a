'use strict'

const { rm } = require('node:fs/promises')
const startServer = require('../support/global-setup.cjs')
const { packAndInstall } = require('./installed.ts')

/** The server, and the packed package in a new folder: one of each for all test files. */
module.exports = async function globalSetup() {
  await startServer()
  const folder = await packAndInstall()
  process.env.PG_SANDBOX_TEST_INSTALLED = folder
  Reflect.set(globalThis, '__pgSandboxRemoveInstalled', () => rm(folder, { recursive: true, force: true }))
}

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as imported from 'pg-sandbox'
import { byHand } from './cases.cjs'

const require = createRequire(import.meta.url)
const required = require('pg-sandbox')

assert.equal(imported.testTransaction, required.testTransaction)
assert.equal(imported.useTestDatabase, required.useTestDatabase)
assert.equal(imported.SandboxError, required.SandboxError)

// Opened through one, undone through the other.
const { start, patch, unpatch } = imported.testTransaction
await byHand({ ...required.testTransaction, start, patch, unpatch }, require('pg').Pool)

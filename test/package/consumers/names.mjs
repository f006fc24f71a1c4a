// The wrapper lists the names of the CommonJS build by hand: none may be missing.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as imported from 'pg-sandbox'

const required = createRequire(import.meta.url)('pg-sandbox')
assert.deepEqual(Object.keys(imported).toSorted(), Object.keys(required).toSorted())

const { afterAll, afterEach, beforeAll, beforeEach } = require('@jest/globals')
const { testTransaction } = require('pg-sandbox')

beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)

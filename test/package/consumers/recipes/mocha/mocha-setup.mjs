// mocha-setup.mjs
import { testTransaction } from 'pg-sandbox'

export const mochaHooks = {
  beforeAll: testTransaction.start,
  beforeEach: testTransaction.start,
  afterEach: testTransaction.rollback,
  afterAll: testTransaction.close,
}

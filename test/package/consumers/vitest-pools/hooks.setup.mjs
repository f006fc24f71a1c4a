import { testTransaction } from 'pg-sandbox'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'

beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)

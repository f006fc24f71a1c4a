// bun-setup.ts
import { afterAll, afterEach, beforeAll, beforeEach } from 'bun:test'
import { testTransaction } from 'pg-sandbox'

beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)

// use-test-database.ts
import { test } from '@playwright/test'
import { testTransaction } from 'pg-sandbox'

export function useTestDatabase() {
  test.beforeAll(testTransaction.start)
  test.beforeEach(testTransaction.start)
  test.afterEach(testTransaction.rollback)
  test.afterAll(testTransaction.close)
}

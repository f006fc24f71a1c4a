// Copy this file next to your tests and name it in your Jest configuration:
//   setupFilesAfterEnv: ['<rootDir>/jest-setup.ts']
import { testTransaction } from 'pg-sandbox'

beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)

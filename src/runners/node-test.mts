export { isolated, useTestDatabase } from './node-test.ts'

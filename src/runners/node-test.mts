export { useTestDatabase } from './node-test.ts'

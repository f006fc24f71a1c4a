export { isolated, useTestDatabase } from './jest.ts'

export { useTestDatabase } from './jest.ts'

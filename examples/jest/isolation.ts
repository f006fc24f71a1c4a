import { type SandboxOptions, testTransaction } from 'pg-sandbox'

// The tests and the application are the same with each kind: EXAMPLE_ISOLATION=database npm run example
const isolation = process.env.EXAMPLE_ISOLATION as SandboxOptions['isolation'] | undefined
if (isolation !== undefined) testTransaction.configure({ isolation })

import { testTransaction } from 'pg-sandbox'

// The tests and the application are the same with each kind: EXAMPLE_ISOLATION=database npm run example
testTransaction.configure({
  isolation: process.env.EXAMPLE_ISOLATION === 'database' ? 'database' : 'transaction',
})

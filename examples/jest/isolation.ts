import { testTransaction } from 'pg-sandbox'

// The tests and the application are the same with each kind: EXAMPLE_ISOLATION=database npm run example
const isolation = process.env.EXAMPLE_ISOLATION
if (isolation === 'schema' || isolation === 'database') testTransaction.configure({ isolation })

import { Pool } from 'pg'
import { testTransaction } from 'pg-sandbox'
import { byHand } from './cases.cjs'

await byHand(testTransaction, Pool)

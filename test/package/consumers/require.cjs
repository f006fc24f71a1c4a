const { Pool } = require('pg')
const { testTransaction } = require('pg-sandbox')
const { byHand } = require('./cases.cjs')

void byHand(testTransaction, Pool)

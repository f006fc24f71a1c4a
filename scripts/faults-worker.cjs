'use strict'

// A process of `npm run faults`: takes its programs from the first message, and tells what came of them.

const { work } = require('../test/faults/worker.ts')

process.once('message', (/** @type {any} */ given) => {
  work(given).catch((/** @type {unknown} */ error) => {
    console.error(error)
    process.exit(2)
  })
})

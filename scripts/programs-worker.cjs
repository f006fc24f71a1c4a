'use strict'

// One of the processes of `npm run fuzz` or `npm run faults`; see test/programs/start-worker.ts.

// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')

const [use, ...parameters] = process.argv.slice(2)
if (use === 'differences') compare(parameters)
else if (use === 'faults') breakPrograms()
else throw new Error('npm run fuzz or npm run faults starts this')

/** @param {string[]} parameters */
function compare([server, prefix]) {
  if (!server || !prefix)
    throw new Error('The worker of npm run fuzz takes a server and a prefix for its databases.')
  // The sandbox looks at the stack of each query, which costs as much as half a program with all of its frames.
  Error.stackTraceLimit = 5
  const { serve } = require('../test/programs/differences/worker.ts')
  serve(server, prefix)
}

/** Takes its programs from the first message, and tells what came of them. */
function breakPrograms() {
  const { work } = require('../test/programs/faults/worker.ts')
  process.once('message', (/** @type {any} */ given) => {
    work(given).catch((/** @type {unknown} */ error) => {
      console.error(error)
      process.exit(2)
    })
  })
}

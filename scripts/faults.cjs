'use strict'

// `npm run faults -- --programs 2000 --seed 7`: random programs with a fault at a random point; see test/programs/faults/.

// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { main } = require('../test/programs/faults/command.ts')

main(process.argv.slice(2)).then(
  (/** @type {number} */ code) => {
    process.exitCode = code
  },
  (/** @type {unknown} */ error) => {
    console.error(error)
    process.exitCode = 2
  },
)

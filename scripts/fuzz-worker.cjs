'use strict'

// One of the processes of `npm run fuzz`.

// The sandbox looks at the stack of each query, which costs as much as half a program with all of its frames.
Error.stackTraceLimit = 5
// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { serve } = require('../test/properties/programs/worker.ts')

const [server, prefix] = process.argv.slice(2)
if (!server || !prefix) throw new Error('npm run fuzz starts this')
serve(server, prefix)

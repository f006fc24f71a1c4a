'use strict'

// `npm run fuzz -- --programs 10000 --seed 7`: random programs, plain and sandboxed, on a real server.
// See test/programs/differences/.

// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { startPostgres } = require('../test/support/postgres.cjs')
const { runFuzz } = require('../test/programs/differences/command.ts')

// Programs fail often, and make and drop much: no log of it, no checkpoints, catalogs vacuumed soon.
const settings = {
  log_min_messages: 'fatal',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum_naptime: '5s',
}
const start = () => startPostgres(process.env.PG_SANDBOX_TEST_URL ? {} : { settings })

runFuzz(process.argv.slice(2), start).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)

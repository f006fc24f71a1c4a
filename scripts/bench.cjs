'use strict'

// `npm run bench -- --quick`: what a test costs with this library and with what else there is. See bench/.

// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { startPostgres } = require('../test/support/postgres.cjs')
const { runBench } = require('../bench/command.ts')

// As a server for tests is set up; what it costs to sync files would only make TRUNCATE and clones slower.
const settings = { shared_buffers: '128MB', max_wal_size: '4GB', checkpoint_timeout: '1h' }
/** @param {Record<string, string>} [others] */
const start = (others) =>
  startPostgres(process.env.PG_SANDBOX_TEST_URL && !others ? {} : { settings: { ...settings, ...others } })

runBench(process.argv.slice(2), start).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)

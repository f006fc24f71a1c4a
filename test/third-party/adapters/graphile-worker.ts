import { Logger, makeWorkerUtils, runOnce } from 'graphile-worker'
import pg from 'pg'
import { until } from '../expect.ts'
import type { Adapter } from '../instance.ts'
import { rowsOf } from './pg-queries.ts'

const logger = new Logger(() => () => {})

/** `insert` adds a job, which replaces one with the same key. */
export const adapter: Adapter = {
  replaces: true,
  notes: {
    parallel:
      'The first job of a kind makes a row for the kind, which the scopes would wait for: add one before the tests.',
  },
  empty: 'delete from graphile_worker._private_jobs',
  async prepare(url) {
    const utils = await makeWorkerUtils({ connectionString: url, logger })
    await utils.migrate()
    await utils.addJob('letter', {})
    await utils.withPgClient((client) => client.query('delete from graphile_worker._private_jobs'))
    await utils.release()
  },
  async open(url) {
    const pgPool = new pg.Pool({ connectionString: url })
    const utils = await makeWorkerUtils({ pgPool, logger })
    const count = async () =>
      Number((await rowsOf(pgPool, 'select count(*) as n from graphile_worker.jobs'))[0]!.n)
    return {
      insert: (name) => utils.addJob('letter', { name }, { jobKey: name }),
      count,
      async job(payload, work) {
        await utils.addJob('letter', { payload })
        const letter = (given: unknown) => work((given as { payload: string }).payload)
        await runOnce({ pgPool, logger, taskList: { letter } })
        await until(async () => (await count()) === 0, 'the job is completed')
      },
      close: async () => {
        await utils.release()
        await pgPool.end()
      },
    }
  },
}

import { PgBoss } from 'pg-boss'
import type { Adapter } from '../instance.ts'

const QUEUE = 'letters'

/** `insert` sends a job. */
export const adapter: Adapter = {
  replaces: true,
  empty: 'delete from pgboss.job',
  async prepare(url) {
    const boss = new PgBoss({ connectionString: url })
    await boss.start()
    await boss.createQueue(QUEUE)
    await boss.stop({ graceful: false })
  },
  async open(url) {
    const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false })
    await boss.start()
    return {
      insert: (name) => boss.send(QUEUE, { name }),
      count: async () => (await boss.findJobs(QUEUE)).length,
      async job(payload, work) {
        const id = await boss.send(QUEUE, { payload })
        const [job] = await boss.fetch<{ payload: string }>(QUEUE)
        await work(job!.data.payload)
        await boss.complete(QUEUE, job!.id)
        const [after] = await boss.findJobs(QUEUE, { id: id! })
        if (after?.state !== 'completed') throw new Error(`the job is ${after?.state}`)
      },
      close: () => boss.stop({ graceful: false }),
    }
  },
}

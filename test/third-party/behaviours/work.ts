import assert from 'node:assert/strict'
import { behaviour, type Behaviour } from '../behaviour.ts'
import { expectCode, expectMessage } from '../expect.ts'

export const work: readonly Behaviour[] = [
  behaviour('job', 'a job is enqueued, fetched and completed', {
    needs: ['job'],
    async run({ instance, nextTest }) {
      for (let test = 1; test <= 2; test += 1) {
        const done: string[] = []
        await instance.job(`letter ${test}`, async (payload) => {
          done.push(payload)
        })
        assert.deepEqual(done, [`letter ${test}`])
        await nextTest()
      }
    },
  }),

  behaviour('migration', 'migrations: up, one that fails, down where the library has it', {
    needs: ['raw', 'migrations'],
    async run({ instance }) {
      const { up, fail, down } = instance.migrations
      await up()
      assert.equal((await instance.raw('select * from invoices')).length, 1)
      await expectMessage(fail(), 'does not exist')
      await expectCode(instance.raw('select * from reminders'), '42P01')
      assert.equal((await instance.raw('select * from invoices')).length, 1)
      if (!down) return
      await down()
      await expectCode(instance.raw('select * from invoices'), '42P01')
    },
  }),
]

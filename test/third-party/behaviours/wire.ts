import assert from 'node:assert/strict'
import { behaviour, type Behaviour } from '../behaviour.ts'
import { expectCode, expectMessage, until } from '../expect.ts'

export const wire: readonly Behaviour[] = [
  behaviour('BEGIN; … COMMIT', 'BEGIN; …; COMMIT in one string', {
    needs: ['count', 'script'],
    async run({ instance }) {
      await instance.script(
        "begin; insert into accounts (name) values ('ada'); insert into accounts (name) values ('bob'); commit",
      )
      assert.equal(await instance.count(), 2)
      await instance.script("begin; insert into accounts (name) values ('cyd'); rollback")
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('…; COMMIT; …', 'INSERT; COMMIT; INSERT in one string', {
    needs: ['count', 'script'],
    async run({ instance }) {
      await instance.script(
        "insert into accounts (name) values ('ada'); commit; insert into accounts (name) values ('bob')",
      )
      assert.equal(await instance.count(), 2)
      const failed = instance.script(
        "insert into accounts (name) values ('cyd'); commit; " +
          "insert into accounts (name) values ('dot'); insert into accounts (name) values ('cyd')",
      )
      await expectCode(failed, '23505')
      assert.equal(await instance.count(), 3)
    },
  }),

  behaviour('stream', 'a stream or cursor, with writes between two pages', {
    needs: ['insert', 'count', 'stream'],
    async run({ instance }) {
      for (let index = 0; index < 6; index += 1) await instance.insert(`row ${index}`)
      const seen: unknown[] = []
      for await (const row of instance.stream('select name from accounts order by id')) {
        seen.push(row.name)
        await instance.insert(`beside ${String(row.name)}`)
      }
      assert.deepEqual(seen, ['row 0', 'row 1', 'row 2', 'row 3', 'row 4', 'row 5'])
      assert.equal(await instance.count(), 12)
    },
  }),

  behaviour('COPY', 'COPY in and out', {
    needs: ['insert', 'count', 'copyIn', 'copyOut'],
    async run({ instance }) {
      await instance.insert('ada')
      await instance.copyIn('copy accounts (name) from stdin', ['bob\n', 'cyd\n'])
      if (!instance.copyInHangs) {
        const refused = instance.copyIn('copy accounts (name) from stdin', ['dot\n', 'ada\n'])
        await expectCode(refused, '23505')
      }
      const out = await instance.copyOut('copy (select name from accounts order by name) to stdout')
      assert.equal(out, 'ada\nbob\ncyd\n')
      assert.equal(await instance.count(), 3)
    },
  }),

  behaviour('NOTIFY', 'notifications arrive at COMMIT, and never after ROLLBACK', {
    needs: ['listen', 'notify'],
    async run({ instance }) {
      const heard: string[] = []
      const stop = await instance.listen('news', (payload) => heard.push(payload))
      await instance.notify('news', 'first')
      await until(() => heard.length === 1, 'the first notification')
      if (instance.transaction) {
        await instance.transaction(async (transaction) => {
          await transaction.raw("select pg_notify('news', 'second')")
          assert.deepEqual(heard, ['first'])
        })
        const rolledBack = instance.transaction(async (transaction) => {
          await transaction.raw("select pg_notify('news', 'never')")
          throw new Error('changed my mind')
        })
        await expectMessage(rolledBack, 'changed my mind')
      }
      await instance.notify('news', 'third')
      await until(() => heard.at(-1) === 'third', 'the last notification')
      assert.deepEqual(heard, instance.transaction ? ['first', 'second', 'third'] : ['first', 'third'])
      await stop()
    },
  }),
]

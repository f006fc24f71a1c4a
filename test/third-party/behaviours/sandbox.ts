import assert from 'node:assert/strict'
import { behaviour, type Behaviour } from '../behaviour.ts'
import { expectCode, expectMessage } from '../expect.ts'

export const sandbox: readonly Behaviour[] = [
  behaviour('outside', 'a query outside the handle of an open transaction gets the explaining error', {
    needs: ['count', 'transaction'],
    needsHandles: true,
    async run({ instance, sandboxed, configure }) {
      configure({ outsideQueryTimeout: 100 })
      await instance.transaction(async (transaction) => {
        await transaction.insert('ada')
        if (!sandboxed) return assert.equal(await instance.count(), 0)
        await expectCode(instance.count(), 'PG_SANDBOX_OUTSIDE_QUERY')
        await expectMessage(instance.count(), 'The transaction was opened here')
        await transaction.insert('bob')
      })
      assert.equal(await instance.count(), sandboxed ? 2 : 1)
    },
  }),

  behaviour('shared', "with outsideQueries: 'share' such a query runs in the transaction", {
    needs: ['insert', 'count', 'transaction'],
    needsHandles: true,
    async run({ instance, sandboxed, configure }) {
      configure({ outsideQueries: 'share' })
      await instance.transaction(async (transaction) => {
        await transaction.insert('ada')
        assert.equal(await instance.count(), sandboxed ? 1 : 0)
        await instance.insert('bob')
      })
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('before start', 'the instance was made and used before start(), and is used after close()', {
    needs: ['insert', 'count'],
    onlySandboxed: true,
    async run({ open, beforeStart }) {
      const early = await beforeStart(async () => {
        const instance = await open()
        assert.equal(await instance.count(), 0)
        return instance
      })
      await early.insert('ada')
      await early.transaction?.((transaction) => transaction.insert('bob'))
      assert.equal(await early.count(), early.transaction ? 2 : 1)
      await beforeStart(async () => assert.equal(await early.count(), 0))
      await early.insert('ada')
      assert.equal(await early.count(), 1)
    },
  }),

  behaviour('two', 'two instances see each other’s rows', {
    needs: ['insert', 'count'],
    async run({ instance, open }) {
      const other = await open()
      await instance.insert('ada')
      assert.equal(await other.count(), 1)
      await other.transaction?.((transaction) => transaction.insert('bob'))
      assert.equal(await instance.count(), other.transaction ? 2 : 1)
    },
  }),

  behaviour('reopened', 'the application closes its pool in the test and opens a new one', {
    needs: ['insert', 'count'],
    async run({ open, nextTest }) {
      const first = await open()
      await first.insert('ada')
      await first.close()
      const second = await open()
      assert.equal(await second.count(), 1)
      await second.insert('bob')
      assert.equal(await second.count(), 2)
      await second.close()
      await nextTest()
    },
  }),

  behaviour('settings', 'a setting made at connect is still in force in the second test', {
    needs: ['insert', 'count', 'raw'],
    needsOnConnect: true,
    async run({ open, nextTest }) {
      const instance = await open({ onConnect: "set time zone 'Asia/Kathmandu'", timeZone: 'Asia/Kathmandu' })
      for (let test = 1; test <= 3; test += 1) {
        await instance.insert(`ada ${test}`)
        await expectCode(instance.insert(`ada ${test}`), '23505')
        const zones = await Promise.all([1, 2, 3].map(() => instance.raw('show timezone')))
        assert.deepEqual(
          zones.map(([row]) => Object.values(row!)),
          [['Asia/Kathmandu'], ['Asia/Kathmandu'], ['Asia/Kathmandu']],
        )
        await nextTest()
      }
    },
  }),

  behaviour('parallel', 'three parallel scopes see nothing of each other', {
    needs: ['insert', 'count'],
    onlySandboxed: true,
    async run({ instance, parallel }) {
      await instance.insert('ada')
      const counts = await Promise.all(
        [1, 2, 3].map((number) =>
          parallel(async () => {
            for (let row = 0; row < number; row += 1) await instance.insert(`account ${number} ${row}`)
            await instance.transaction?.((transaction) => transaction.insert(`last ${number}`))
            return instance.count()
          }),
        ),
      )
      assert.deepEqual(counts, instance.transaction ? [2, 3, 4] : [1, 2, 3])
      assert.equal(await instance.count(), 1)
    },
  }),

  behaviour('same key', 'three parallel scopes insert the same unique key', {
    needs: ['insert', 'count'],
    onlySandboxed: true,
    needsUnique: true,
    async run({ instance, parallel }) {
      const counts = await Promise.all(
        [1, 2, 3].map(() =>
          parallel(async () => {
            await instance.insert('ada')
            await expectCode(instance.insert('ada'), '23505')
            return instance.count()
          }),
        ),
      )
      assert.deepEqual(counts, [1, 1, 1])
      assert.equal(await instance.count(), 0)
    },
  }),
]

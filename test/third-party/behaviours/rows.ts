import assert from 'node:assert/strict'
import { behaviour, type Behaviour } from '../behaviour.ts'
import { expectCode, expectMessage } from '../expect.ts'

export const rows: readonly Behaviour[] = [
  behaviour('insert', 'a row is inserted and counted, and gone in the next test', {
    needs: ['insert', 'count'],
    async run({ instance }) {
      assert.equal(await instance.count(), 0)
      await instance.insert('ada')
      await instance.insert('bob')
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('commit', 'a transaction is committed', {
    needs: ['count', 'transaction'],
    async run({ instance }) {
      const result = await instance.transaction(async (transaction) => {
        await transaction.insert('ada')
        await transaction.insert('bob')
        assert.equal(await transaction.count(), 2)
        return 'done'
      })
      assert.equal(result, 'done')
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('rollback', 'a transaction is rolled back by throwing', {
    needs: ['insert', 'count', 'transaction'],
    async run({ instance }) {
      await instance.insert('ada')
      const rolledBack = instance.transaction(async (transaction) => {
        await transaction.insert('bob')
        assert.equal(await transaction.count(), 2)
        throw new Error('changed my mind')
      })
      await expectMessage(rolledBack, 'changed my mind')
      assert.equal(await instance.count(), 1)
      await instance.insert('bob')
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('unique outside', 'a unique violation outside a transaction, then further queries', {
    needs: ['insert', 'count'],
    needsUnique: true,
    async run({ instance }) {
      await instance.insert('ada')
      await expectCode(instance.insert('ada'), '23505')
      assert.equal(await instance.count(), 1)
      await instance.insert('bob')
      await expectCode(instance.insert('bob'), '23505')
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour(
    'unique inside',
    'a unique violation inside a transaction, which is aborted; then another transaction',
    {
      needs: ['insert', 'count', 'transaction'],
      async run({ instance }) {
        await instance.insert('ada')
        const failed = instance.transaction(async (transaction) => {
          await transaction.insert('bob')
          await expectCode(transaction.insert('ada'), '23505')
          await expectCode(transaction.raw('select 1 as one'), '25P02')
          throw new Error('changed my mind')
        })
        await expectMessage(failed, 'changed my mind')
        assert.equal(await instance.count(), 1)
        await expectCode(
          instance.transaction((transaction) => transaction.insert('ada')),
          '23505',
        )
        await instance.transaction((transaction) => transaction.insert('bob'))
        assert.equal(await instance.count(), 2)
      },
    },
  ),

  behaviour('50 at once', 'fifty queries at once', {
    needs: ['insert', 'count'],
    async run({ instance }) {
      const names = Array.from({ length: 50 }, (_, index) => `account ${index}`)
      const counts = await Promise.all(
        names.map((name, index) => (index % 5 === 0 ? instance.count() : instance.insert(name))),
      )
      assert.ok(Number(counts[0]) <= 40)
      assert.equal(await instance.count(), 40)
    },
  }),
]

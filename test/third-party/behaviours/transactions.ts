import assert from 'node:assert/strict'
import { behaviour, type Behaviour } from '../behaviour.ts'
import { expectCode, expectMessage } from '../expect.ts'

export const transactions: readonly Behaviour[] = [
  behaviour('nested', 'a nested transaction is released', {
    needs: ['count', 'transaction', 'nests'],
    async run({ instance }) {
      await instance.transaction(async (transaction) => {
        await transaction.insert('ada')
        const inner = await transaction.nested!(async (nested) => {
          await nested.insert('bob')
          return nested.count()
        })
        assert.equal(inner, 2)
        await transaction.insert('cyd')
      })
      assert.equal(await instance.count(), 3)
    },
  }),

  behaviour('nested back', 'a nested transaction is rolled back, also by an error of the server', {
    needs: ['count', 'transaction', 'nests'],
    async run({ instance }) {
      await instance.transaction(async (transaction) => {
        await transaction.insert('ada')
        const thrown = transaction.nested!(async (nested) => {
          await nested.insert('bob')
          assert.equal(await nested.count(), 2)
          throw new Error('changed my mind')
        })
        await expectMessage(thrown, 'changed my mind')
        assert.equal(await transaction.count(), 1)
        await expectCode(
          transaction.nested!((nested) => nested.insert('ada')),
          '23505',
        )
        await transaction.insert('cyd')
      })
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('five at once', 'five transactions at once, of which one throws', {
    needs: ['count', 'transaction'],
    async run({ instance }) {
      const outcomes = await Promise.allSettled(
        [1, 2, 3, 4, 5].map((number) =>
          instance.transaction(async (transaction) => {
            await transaction.insert(`first ${number}`)
            await transaction.count()
            if (number === 3) throw new Error('changed my mind')
            await transaction.insert(`second ${number}`)
          }),
        ),
      )
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      )
      assert.equal(await instance.count(), 8)
    },
  }),

  behaviour('isolation', 'every isolation level is accepted and shown', {
    needs: ['count', 'transaction', 'isolationLevels'],
    async run({ instance }) {
      for (const isolation of instance.isolationLevels) {
        const shown = await instance.transaction(
          async (transaction) => {
            await transaction.insert(isolation)
            return transaction.raw('show transaction_isolation')
          },
          { isolation },
        )
        assert.deepEqual(Object.values(shown[0]!), [isolation])
      }
      assert.equal(await instance.count(), instance.isolationLevels.length)
    },
  }),

  behaviour('read only', 'a read-only transaction refuses to write', {
    needs: ['insert', 'count', 'transaction', 'readOnly'],
    async run({ instance }) {
      await instance.insert('ada')
      const seen = await instance.transaction((transaction) => transaction.count(), { readOnly: true })
      assert.equal(seen, 1)
      await expectCode(
        instance.transaction((transaction) => transaction.insert('bob'), { readOnly: true }),
        '25006',
      )
      await instance.insert('bob')
      assert.equal(await instance.count(), 2)
    },
  }),

  behaviour('function', 'a function that writes is called in a SELECT', {
    needs: ['count', 'raw'],
    database: 'functions and deferred constraints',
    async run({ instance }) {
      await instance.raw("select open_account('ada') as id")
      assert.equal(await instance.count(), 1)
      await expectCode(instance.raw("select open_account('ada') as id"), '23505')
      await instance.transaction?.((transaction) => transaction.raw("select open_account('bob') as id"))
      assert.equal(await instance.count(), instance.transaction ? 2 : 1)
    },
  }),

  behaviour('deferred', 'a deferred foreign key is checked at COMMIT', {
    needs: ['count', 'raw', 'transaction'],
    database: 'functions and deferred constraints',
    async run({ instance }) {
      await instance.transaction(async (transaction) => {
        await transaction.raw('insert into orders (account_id) values (-1)')
        await transaction.raw("insert into accounts (id, name) values (-1, 'ada')")
      })
      const failed = instance.transaction(async (transaction) => {
        await transaction.insert('bob')
        await transaction.raw('insert into orders (account_id) values (-2)')
      })
      await expectCode(failed, '23503')
      await expectCode(instance.raw('insert into orders (account_id) values (-2)'), '23503')
      assert.equal(await instance.count(), 1)
    },
  }),
]

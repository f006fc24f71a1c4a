import { onDropDatabases, dropDatabases } from '../../../src/databases/drop-databases.ts'

test('all ends once, also when one of them fails', async () => {
  const ended: string[] = []
  const failure = new Error('the server is gone')
  onDropDatabases(() => Promise.reject(failure))
  onDropDatabases(async () => void ended.push('second'))
  await expect(dropDatabases()).rejects.toBe(failure)
  expect(ended).toEqual(['second'])
  await dropDatabases()
  expect(ended).toEqual(['second'])
})

import { passed } from '../readme/support/project.ts'
import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const installed = sharedInstall()

const variants: [name: string, options: string[]][] = [
  ['forks', ['--pool=forks']],
  ['threads', ['--pool=threads']],
  ['vmThreads', ['--pool=vmThreads']],
  ['vmForks', ['--pool=vmForks']],
  ['forks, isolate: false', ['--pool=forks', '--no-isolate']],
  ['threads, isolate: false', ['--pool=threads', '--no-isolate']],
  ['isolate: false, all in one process', ['--no-isolate', '--maxWorkers=1']],
]

describe('Vitest with a set-up file runs three files with the same keys, leaves no row and exits', () => {
  test.each(variants)('%s', async (_name, options) => {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'vitest-pools', '--no-color']
    const env = { DATABASE_URL: database.url(), NO_COLOR: '1' }
    const output = await installed.run(process.execPath, [...vitest, ...options], env)
    expect(passed(output)).toBe(12)
    expect(output).not.toMatch(/close timed out|DeprecationWarning/)
    await expect(database.countOutside('notes')).resolves.toBe(0)
  })
})

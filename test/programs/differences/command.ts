import { randomBytes } from 'node:crypto'
import os from 'node:os'
import { parseArgs } from 'node:util'
import { Progress } from '../progress.ts'
import { wholeNumbers } from '../whole-numbers.ts'
import { AVOIDED } from './avoided.ts'
import { fuzz } from './fuzz.ts'
import { reportOf } from './report.ts'
import { dropDatabases, fastUrl } from './server-url.ts'

export type Postgres = { readonly url: string; readonly version: string; stop(): Promise<void> }

/**
 * `npm run fuzz`; gives the exit code. `FUZZ_WITHOUT=notify,temp` leaves out groups of statements and kinds of steps,
 * `--avoided` lists what no program does.
 */
export async function runFuzz(parameters: string[], start: () => Promise<Postgres>): Promise<number> {
  const { values } = parseArgs({
    args: parameters,
    options: {
      programs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
      workers: { type: 'string', default: String(os.cpus().length) },
      'keep-going': { type: 'boolean', default: false },
      avoided: { type: 'boolean', default: false },
    },
  })
  if (values.avoided) {
    for (const [what, why] of Object.entries(AVOIDED)) console.log(`${what}: ${why}`)
    return 0
  }
  const { programs, seed, workers } = wholeNumbers(values, {
    programs: 1,
    seed: Number.MIN_SAFE_INTEGER,
    workers: 1,
  })
  const postgres = await start()
  console.log(`PostgreSQL ${postgres.version}, seed ${seed}, ${programs} programs, ${workers} workers`)
  const prefix = `pg_sandbox_test_fuzz_${randomBytes(4).toString('hex')}`
  const server = await fastUrl(postgres.url)
  const progress = new Progress(programs, process.stdout)
  // The workers end at Ctrl-C; this process goes on to clean up.
  process.on('SIGINT', () => {})
  try {
    const { kinds, failures } = await fuzz(
      { server, prefix, programs, seed, workers, keepGoing: values['keep-going'] },
      progress,
      {
        found: (kind) => console.log(`\n${reportOf(kind)}\n`),
        failed: (error) => console.log(`\nThe run has failed, not a program: ${error}\n`),
      },
    )
    progress.end()
    for (const { count, shrunk } of kinds) console.log(`${count} programs: ${shrunk.difference.fingerprint}`)
    const took = `${progress.seconds.toFixed(1)} s`
    console.log(
      `PostgreSQL ${postgres.version}, seed ${seed}: ${kinds.length} kinds of differences, ${failures} failures, ${took}`,
    )
    return kinds.length + failures === 0 ? 0 : 1
  } finally {
    await dropDatabases(server, prefix)
    await postgres.stop()
  }
}

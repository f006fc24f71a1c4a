/** What is created and dropped, told on stderr when `TEST_DB_VERBOSE` is set. */

/** The real clock: taken at import, so that a runner's fake timers cannot stop it. */
const { hrtime } = process

export function isVerbose(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0'
}

export function tell(message: string): void {
  process.stderr.write(`pg-sandbox: ${message}\n`)
}

/** Tells how long `work` has taken, where that is wanted. */
export async function told<Result>(message: string, work: () => Promise<Result>): Promise<Result> {
  if (!isVerbose(process.env['TEST_DB_VERBOSE'])) return work()
  const begun = hrtime.bigint()
  const result = await work()
  tell(`${message} in ${Math.round(Number(hrtime.bigint() - begun) / 1e6)} ms`)
  return result
}

/** Lines on stderr: which databases are kept or could not be dropped; with `TEST_DB_VERBOSE`, also what is created and dropped. */

import { now } from '../clock/clock.ts'

export function isVerbose(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0'
}

export function printLine(message: string): void {
  process.stderr.write(`pg-sandbox: ${message}\n`)
}

/** Does the work, and prints how long it has taken where `TEST_DB_VERBOSE` is set. */
export async function withLine<Result>(message: string, work: () => Promise<Result>): Promise<Result> {
  if (!isVerbose(process.env['TEST_DB_VERBOSE'])) return work()
  const start = now()
  const result = await work()
  printLine(`${message} in ${Math.round(now() - start)} ms`)
  return result
}

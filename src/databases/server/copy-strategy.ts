/** How the server copies a database, and which way is the fastest, from data alone. Clone pools and `measureCopy` choose so. */
import type { CopyStrategy } from '../naming/mark.ts'

/** Milliseconds that each way has taken; undefined where the server or its file system cannot go it. */
export type CopyTimes = ReadonlyMap<CopyStrategy, number | undefined>

/** The ways that a server knows. Source: the release notes of PostgreSQL 15 and 18. */
export function strategiesOf(version: number): readonly CopyStrategy[] {
  if (version < 150_000) return []
  return version < 180_000 ? ['WAL_LOG', 'FILE_COPY'] : ['WAL_LOG', 'FILE_COPY', 'CLONE']
}

/** Undefined when none has succeeded: the server then copies as it does by itself. */
export function fastest(times: CopyTimes): CopyStrategy | undefined {
  const measured = [...times].flatMap(([strategy, time]) => (time === undefined ? [] : [{ strategy, time }]))
  return measured.toSorted((a, b) => a.time - b.time)[0]?.strategy
}

/** The first way that has not been tried, else the fastest. */
export function nextToTry(strategies: readonly CopyStrategy[], times: CopyTimes): CopyStrategy | undefined {
  return strategies.find((strategy) => !times.has(strategy)) ?? fastest(times)
}

/** Databases of one class differ in size by less than twice, so that the same way is the fastest for them. */
export function sizeClass(bytes: number): number {
  return Math.floor(Math.log2(bytes))
}

/** The clause of CREATE DATABASE. */
export function strategyClause(strategy: CopyStrategy | undefined): string {
  if (strategy === undefined) return ''
  return ` STRATEGY ${strategy === 'CLONE' ? 'FILE_COPY' : strategy}`
}

/** What must be in force on the connection before; undefined where the server has no choice. */
export function copyMethod(strategy: CopyStrategy | undefined, version: number): string | undefined {
  if (version < 180_000 || strategy === undefined || strategy === 'WAL_LOG') return undefined
  return `SET file_copy_method = ${strategy === 'CLONE' ? 'clone' : 'copy'}`
}

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Fields } from '../../src/protocol/backend.ts'
import * as databaseErrors from '../../src/databases/errors.ts'
import * as driverErrors from '../../src/driver/errors.ts'
import * as errors from '../../src/errors.ts'
import * as hookErrors from '../../src/hook-errors.ts'
import * as postgresErrors from '../../src/postgres/errors.ts'
import * as sandboxErrors from '../../src/sandbox/errors.ts'
import { README, ROOT, section } from './support/readme.ts'

type Factory = (...given: unknown[]) => Fields | errors.SandboxError

/** What a factory is told that takes more than texts. */
const GIVEN: Record<string, unknown[]> = { inUse: ['…', []] }

/** Each error as users see it, with … in place of what it is told. */
const all = Object.entries({
  ...errors,
  ...driverErrors,
  ...hookErrors,
  ...sandboxErrors,
  ...postgresErrors,
  ...databaseErrors,
})
  .filter(([name]) => !['SandboxError', 'fields', 'toFields'].includes(name))
  .map(([name, factory]): [string, string, string] => {
    const made = (factory as unknown as Factory)(...(GIVEN[name] ?? ['…', '…', '…']))
    const message = made instanceof errors.SandboxError ? made.message : (made['M'] ?? '')
    const code = made instanceof errors.SandboxError ? made.code : (made['C'] ?? '')
    return [name, headingOf(message), code]
  })

/** The first sentence, without the SQL at its end. */
function headingOf(message: string): string {
  const [first = ''] = message.split('\n')
  return first.replace(/(?<!given …): …$|[.:]$/, '').replace(/\.$/, '')
}

const headings = README.match(/^### .+$/gm)?.map((line) => line.slice(4)) ?? []

test.each(all)('%s has a heading with its code, cause and remedy', (_name, heading, code) => {
  expect(headings).toContain(heading)
  const text = section(heading)
  expect(text).toContain(`Code: \`${code}\``)
  expect(text).toMatch(/^Cause: \S/m)
  expect(text).toMatch(/^Remedy: \S/m)
})

test('no heading is about an error that does not exist', () => {
  const described = section('Errors')
    .match(/^### .+$/gm)
    ?.map((line) => line.slice(4))
  expect(described?.toSorted()).toEqual([...new Set(all.map(([, heading]) => heading))].toSorted())
})

test('every code is there', () => {
  const source = readFileSync(path.join(ROOT, 'src', 'errors.ts'), 'utf8')
  const [, union = ''] = /type SandboxErrorCode =([^\n]*(?:\n {2}\|[^\n]*)+)/.exec(source) ?? []
  const codes = Array.from(union.matchAll(/'(\w+)'/g), ([, code = '']) => code)
  expect(codes.length).toBeGreaterThan(0)
  const described = section('Errors').match(/PG_SANDBOX_\w+/g)
  expect(codes.filter((code) => !described?.includes(code))).toEqual([])
})

// Runs the behaviours over the libraries and prints the table:
// npm test [-- names of adapters] [-- --newer-node] [-- --table=FILE] [-- --outputFile=FILE]
import { writeFile } from 'node:fs/promises'
import { Databases, startServer } from './databases.ts'
import { libraries, type Library } from './libraries.ts'
import { LibraryRun } from './library-run.ts'
import { failures, type LibraryResult, printedTable } from './table.ts'

async function main(given: readonly string[]): Promise<void> {
  const chosen = chooseLibraries(given)
  const server = await startServer()
  try {
    const results = await runAll(chosen, server.url)
    await report(given, `PostgreSQL ${server.version}`, results)
  } finally {
    await server.stop()
  }
}

/** Two libraries at a time, each lane with databases of its own; the results are in the order of the libraries. */
async function runAll(chosen: readonly Library[], url: string): Promise<LibraryResult[]> {
  const databases = await Databases.on(url)
  const results: LibraryResult[] = []
  const waiting = chosen.entries()
  const lane = async (name: string): Promise<void> => {
    for (const [index, library] of waiting) {
      const result = await new LibraryRun(library, databases, name).run()
      results[index] = result
      const print = failures(result).length > 0 ? console.error : console.log
      print(summary(result))
    }
  }
  try {
    await Promise.all([lane('first'), lane('second')])
  } finally {
    await databases.close()
  }
  return results
}

function chooseLibraries(given: readonly string[]): readonly Library[] {
  const names = given.filter((name) => !name.startsWith('--'))
  const unknown = names.filter((name) => !libraries.some(({ adapter }) => adapter === name))
  if (unknown.length > 0) throw new Error(`there is no adapter ${unknown.join(', ')}`)
  return libraries.filter(
    ({ adapter, newerNode }) =>
      (names.length === 0 || names.includes(adapter)) && (newerNode || !given.includes('--newer-node')),
  )
}

function summary(result: LibraryResult): string {
  const { library, version, cells, seconds } = result
  const wrong = failures(result)
  const passed = Object.values(cells).filter(({ kind }) => kind === 'passed').length
  const lines = wrong.map(({ id, run, error }) => `  ✗ ${id} (${run}): ${error.replaceAll('\n', '\n    ')}`)
  return [
    `${library.name} ${version}: ${passed} passed, ${wrong.length} failed, ${seconds} s`,
    ...lines,
  ].join('\n')
}

async function report(given: readonly string[], server: string, results: LibraryResult[]): Promise<void> {
  const failed = results.flatMap(failures).length
  const passed = results
    .flatMap(({ cells }) => Object.values(cells))
    .filter(({ kind }) => kind === 'passed').length
  const table = printedTable(results)
  console.log(`\n${table}\n${server}: ${passed} passed, ${failed} failed`)
  if (failed > 0 || passed === 0) process.exitCode = 1
  const option = (name: string) => given.find((one) => one.startsWith(`--${name}=`))?.split('=')[1]
  const tableFile = option('table')
  if (tableFile) await writeFile(tableFile, table)
  const counts = { numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 }
  const countsFile = option('outputFile')
  if (countsFile) await writeFile(countsFile, JSON.stringify(counts))
}

await main(process.argv.slice(2))

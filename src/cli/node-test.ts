/** node:test: a file that is loaded before each test file, and the option of node that names it. */
import type { Project } from './project.ts'
import { RUNNERS } from './runners.ts'
import { existing, newFile, type Step } from './steps.ts'

const SCRIPT = RUNNERS.find(({ id }) => id === 'node-test')?.script ?? /--test/

export function planNodeTest(project: Project): readonly Step[] {
  const { read, isModule, scripts } = project
  const file =
    existing(read, 'node-test-setup', ['mjs', 'cjs']) ?? `node-test-setup.${isModule ? 'mjs' : 'cjs'}`
  const isImport = file.endsWith('.mjs')
  const setup = newFile(read, file, isImport ? IMPORTED : REQUIRED)
  const option = `${isImport ? '--import' : '--require'} ./${file}`
  const named = Object.entries(scripts).filter(([, text]) => SCRIPT.test(text))
  const lines = named.length > 0 ? named : [['test', 'node --test'] as const]
  return [setup, ...lines.map(([name, text]) => addTo(name, text, file, option))]
}

const IMPORTED = "import { useTestDatabase } from 'pg-sandbox/node-test'\n\nuseTestDatabase()\n"
const REQUIRED = "const { useTestDatabase } = require('pg-sandbox/node-test')\n\nuseTestDatabase()\n"

function addTo(name: string, text: string, file: string, option: string): Step {
  if (text.includes(file)) return { kind: 'done', text: `The script "${name}" loads ${file} already.` }
  const changed = text.replace(/(^|[\s/;&|"'])(node|tsx)(?=\s)/, `$1$2 ${option}`)
  const lines = `${JSON.stringify(name)}: ${JSON.stringify(changed)}`
  return { kind: 'add', path: 'package.json', where: 'write in "scripts"', lines }
}

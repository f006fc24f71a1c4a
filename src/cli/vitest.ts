/** Vitest: a file for setupFiles, and the line that names it in the configuration. */
import type { Project } from './project.ts'
import { existing, newFile, type Step } from './steps.ts'

/** The hooks of its own entry know which test a late query came from. */
const SETUP = "import { useTestDatabase } from 'pg-sandbox/vitest'\n\nuseTestDatabase()\n"

const EXTENSIONS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs']

export function planVitest(project: Project): readonly Step[] {
  const { read, hasTypescript, isModule } = project
  const file =
    existing(read, 'vitest-setup', EXTENSIONS) ??
    (hasTypescript ? 'vitest-setup.ts' : isModule ? 'vitest-setup.js' : 'vitest-setup.mjs')
  const setup = newFile(read, file, SETUP)
  const config = existing(read, 'vitest.config', EXTENSIONS) ?? existing(read, 'vite.config', EXTENSIONS)
  if (config !== undefined) return [setup, addTo(config, read(config) ?? '', file)]
  const extension = hasTypescript ? (isModule ? 'ts' : 'mts') : isModule ? 'js' : 'mjs'
  return [setup, newFile(read, `vitest.config.${extension}`, configText(file))]
}

function addTo(config: string, text: string, file: string): Step {
  if (text.includes(file)) return { kind: 'done', text: `${config} names ${file} already.` }
  const entry = `'./${file}'`
  if (text.includes('setupFiles'))
    return { kind: 'add', path: config, where: 'add to the list setupFiles', lines: entry }
  if (/\bprojects\s*:/.test(text))
    return {
      kind: 'add',
      path: config,
      where: 'add to the test options of each project',
      lines: `setupFiles: [${entry}],`,
    }
  if (/\btest\s*:/.test(text))
    return { kind: 'add', path: config, where: 'add to the test options', lines: `setupFiles: [${entry}],` }
  return {
    kind: 'add',
    path: config,
    where: 'add to the configuration',
    lines: `test: { setupFiles: [${entry}] },`,
  }
}

function configText(file: string): string {
  return `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { setupFiles: ['./${file}'] },
})
`
}

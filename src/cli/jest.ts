/** Jest: a file for setupFilesAfterEnv, and the line that names it in each configuration. */
import path from 'node:path'
import { objectOf, type Project } from './project.ts'
import { setupText } from './setup-text.ts'
import { existing, newFile, type Step } from './steps.ts'

const CONFIG_EXTENSIONS = ['js', 'ts', 'mjs', 'cjs', 'mts', 'cts', 'json']
const SETUP_EXTENSIONS = ['ts', 'js', 'cjs', 'mjs', 'mts', 'cts']

/** With one of these, Jest runs TypeScript; by itself it does not. */
const TRANSFORMERS = ['ts-jest', '@swc/jest', '@babel/preset-typescript', 'esbuild-jest', 'next', 'expo']

interface Config {
  readonly path: string
  readonly text: string
  readonly isJson: boolean
  /** What its `<rootDir>` is, from the project's folder. */
  readonly rootDir: string
}

export function planJest(project: Project): readonly Step[] {
  const { read, isModule } = project
  const configs = configsOf(project)
  const file = existing(read, 'jest-setup', SETUP_EXTENSIONS) ?? setupFile(project)
  const modules = /\.[cm]?ts$|\.mjs$/.test(file) ? 'import' : 'require'
  const hooksFrom = needsImport(project, configs) ? '@jest/globals' : undefined
  const setup = newFile(read, file, setupText({ modules, hooksFrom }))
  if (configs.length > 0) return [setup, ...configs.map((config) => addTo(config, file))]
  const text = `module.exports = {\n${transformOf(project, file)}  setupFilesAfterEnv: ['<rootDir>/${file}'],\n}\n`
  return [setup, newFile(read, isModule ? 'jest.config.cjs' : 'jest.config.js', text)]
}

/** What has Jest run TypeScript; other transformers have a configuration of their own. */
function transformOf({ dependencies }: Project, file: string): string {
  if (!file.endsWith('.ts')) return ''
  if (dependencies.has('ts-jest')) return "  preset: 'ts-jest',\n"
  return dependencies.has('@swc/jest') ? "  transform: { '^.+\\\\.tsx?$': '@swc/jest' },\n" : ''
}

function setupFile({ dependencies, hasTypescript, isModule }: Project): string {
  if (hasTypescript && TRANSFORMERS.some((name) => dependencies.has(name))) return 'jest-setup.ts'
  return isModule ? 'jest-setup.cjs' : 'jest-setup.js'
}

function needsImport({ dependencies }: Project, configs: readonly Config[]): boolean {
  if (configs.some(({ text }) => /injectGlobals['"]?\s*:\s*false/.test(text))) return true
  return dependencies.has('@jest/globals') && !dependencies.has('@types/jest')
}

/** The project's own configuration, and those that its scripts name with --config. */
function configsOf({ read, manifest, scripts }: Project): readonly Config[] {
  const paths = [existing(read, 'jest.config', CONFIG_EXTENSIONS)]
  for (const script of Object.values(scripts)) {
    if (/\bjest\b/.test(script)) paths.push(/(?:--config|\s-c)[ =]["']?([\w@./-]+)/.exec(script)?.[1])
  }
  const inManifest = manifest['jest']
  if (typeof inManifest === 'string') paths.push(inManifest)
  const files = [
    ...new Set(paths.flatMap((name) => (name === undefined ? [] : [path.posix.normalize(name)]))),
  ]
  const configs = files.flatMap((name) => configOf(name, read(name)))
  if (typeof inManifest !== 'object' || inManifest === null) return configs
  return [...configs, ...configOf('package.json', JSON.stringify(objectOf(inManifest)))]
}

function configOf(name: string, text: string | undefined): Config[] {
  if (text === undefined) return []
  const own = /(?:^|[\s{,])['"]?rootDir['"]?\s*:\s*['"]([^'"]+)['"]/.exec(text)?.[1] ?? '.'
  return [
    {
      path: name,
      text,
      isJson: name.endsWith('.json'),
      rootDir: path.posix.join(path.posix.dirname(name), own),
    },
  ]
}

function addTo(config: Config, file: string): Step {
  if (config.text.includes(file)) return { kind: 'done', text: `${config.path} names ${file} already.` }
  const quote = config.isJson ? '"' : "'"
  const entry = `${quote}<rootDir>/${path.posix.relative(config.rootDir, file)}${quote}`
  if (config.text.includes('setupFilesAfterEnv'))
    return { kind: 'add', path: config.path, where: 'add to the list setupFilesAfterEnv', lines: entry }
  const where =
    config.path === 'package.json'
      ? 'add to "jest"'
      : /['"]?projects['"]?\s*:/.test(config.text)
        ? 'add to each of the projects'
        : 'add to the configuration'
  const name = config.isJson ? '"setupFilesAfterEnv"' : 'setupFilesAfterEnv'
  return { kind: 'add', path: config.path, where, lines: `${name}: [${entry}]${config.isJson ? '' : ','}` }
}

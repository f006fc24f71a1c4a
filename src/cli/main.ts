#!/usr/bin/env node
/**
 * The program `pg-sandbox`, in the folder of a project: `npx pg-sandbox init`, `npx pg-sandbox fixtures check`.
 *
 * The way into the room cli/: commands.ts has the table of commands. For `init` a project's files are read (project), become a
 * plan (plan and the files of the runners), and the plan is carried out. Without the room each project would have to find
 * out for itself which lines it needs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from './commands.ts'
import type { Surroundings } from './surroundings.ts'

const folder = process.cwd()

const surroundings: Surroundings = {
  env: process.env,
  read(name) {
    try {
      return readFileSync(path.join(folder, name), 'utf8')
    } catch {
      return undefined
    }
  },
  create(name, text) {
    writeFileSync(path.join(folder, name), text, { flag: 'wx' })
  },
  write(name, text) {
    writeFileSync(path.resolve(folder, name), text)
  },
  tell(text) {
    process.stdout.write(text)
  },
  complain(text) {
    process.stderr.write(text)
  },
}

runCommand(process.argv.slice(2), surroundings).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = 1
  },
)

#!/usr/bin/env node
/**
 * The program `pg-sandbox`: `npx pg-sandbox init` in the folder of a project.
 *
 * The way into the room cli/: a project's files are read (project), become a plan (plan and the files of the runners), and
 * the plan is carried out (command). Without the room each project would have to find out for itself which lines it needs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './command.ts'

const folder = process.cwd()

process.exitCode = run(process.argv.slice(2), {
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
  tell(text) {
    process.stdout.write(text)
  },
  complain(text) {
    process.stderr.write(text)
  },
})
